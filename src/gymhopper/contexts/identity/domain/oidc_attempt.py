"""A sign-in that has gone to a provider and should come back in the same browser."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from gymhopper.kernel.errors import InvalidInput

LIFE = timedelta(minutes=10)

# One slash, then what a browser reads as a path and no more. A second slash, or a backslash, which
# browsers take for a slash, would begin another site's name.
_LOCAL = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%?#-][A-Za-z0-9._~!$&'()*+,;=:@%?#/-]*)?")


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What must be the same when the browser comes back; only this browser keeps it, sealed.

    `state` ties the answer to this browser (RFC 6749 section 10.12), `nonce` the ID token to this
    attempt (OpenID Connect Core 3.1.2.1), `verifier` the code to us (PKCE, RFC 7636). With
    `account_id` the provider's subject is to be added to that account.
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    return_to: str
    until: datetime
    account_id: UUID | None = None

    @classmethod
    def new(
        cls, provider: str, return_to: str, now: datetime, account_id: UUID | None = None
    ) -> Attempt:
        """An attempt that nobody has made."""
        return cls(
            provider=provider,
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            return_to=return_to,
            until=now + LIFE,
            account_id=account_id,
        )

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def local_path(given: str) -> str:
    """The path when it leads to our own pages; InvalidInput when it could lead anywhere else."""
    if len(given) > 500 or not _LOCAL.fullmatch(given):
        raise InvalidInput("Write a path of this site, such as /book.", field="return_to")
    return given
