"""A refresh token gets the next pair of tokens, once."""

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.domain.opaque_token import ACCESS, REFRESH, OpaqueToken
from gymhopper.contexts.identity.domain.session import Session
from gymhopper.contexts.identity.domain.token_grant import TokenGrant
from gymhopper.contexts.identity.memory import memory
from gymhopper.contexts.identity.settings import identity_settings
from gymhopper.contexts.identity.usecases.open_session import Tokens, new_grant
from gymhopper.contexts.identity.usecases.tell_holder import tell_holder
from gymhopper.kernel.errors import Unauthenticated
from gymhopper.kernel.ids import new_id

REPEATED_WITHIN = timedelta(seconds=10)
"""How late a client whose answer was lost, or that asked twice at once, may ask again."""

_PURPOSE = "identity.refresh-tokens"


class RefreshTokenInvalid(Unauthenticated):
    """Sign in again."""

    code = "refresh_token_invalid"


class TokenReused(Unauthenticated):
    """A used refresh token was shown again: somebody has a copy, and the session has ended."""

    code = "refresh_token_reused"

    def __init__(self) -> None:
        super().__init__("This refresh token was used before, so the session has ended.")


async def refresh_tokens(uow: UnitOfWork, token: str) -> Tokens | TokenReused:
    """The next pair. TokenReused is an answer, not an exception: the edge commits, then raises it.

    The secrets of the next pair follow from the one that is shown and a key of ours. So a repeat
    within ten seconds gets the same pair again, without our keeping any secret: a thief who is that
    quick gains what the token already gave, and is found out when the pair is used a second time.

    Raises RefreshTokenInvalid when it is unknown or expired, or its session has ended.
    """
    parsed = OpaqueToken.parse(REFRESH, token)
    grant = await _held(uow, parsed)
    if parsed is None or grant is None or grant.refresh_expires_at <= uow.now:
        raise RefreshTokenInvalid("This refresh token is unknown or expired.")
    session = await uow.session.get(
        Session, grant.session_id, with_for_update=True, populate_existing=True
    )
    if session is None or session.ended_at is not None or session.expires_at <= uow.now:
        raise RefreshTokenInvalid("This session has ended.")
    if grant.used_at is not None:
        return await _repeated(uow, session, grant, parsed)
    key = uow.runtime.secrets.key(_PURPOSE)
    access, refresh = _successors(key, parsed, new_id())
    successor = new_grant(session, access, refresh, uow.now, identity_settings(uow.runtime))
    uow.add(successor)
    grant.used_at = uow.now
    grant.successor_id = successor.id
    session.last_seen_at = uow.now
    return Tokens.of(successor, access, refresh)


async def _held(uow: UnitOfWork, parsed: OpaqueToken | None) -> TokenGrant | None:
    if parsed is None:
        return None
    found = await uow.session.get(
        TokenGrant, parsed.id, with_for_update=True, populate_existing=True
    )
    if found is None or not hmac.compare_digest(found.refresh_hash, parsed.hash()):
        return None
    return found


async def _repeated(
    uow: UnitOfWork, session: Session, grant: TokenGrant, parsed: OpaqueToken
) -> Tokens | TokenReused:
    successor = await uow.session.get(
        TokenGrant, grant.successor_id, with_for_update=True, populate_existing=True
    )
    assert grant.used_at is not None  # noqa: S101 - the caller has looked
    if (
        successor is not None
        and successor.used_at is None
        and uow.now - grant.used_at < REPEATED_WITHIN
    ):
        for key in uow.runtime.secrets.keys(_PURPOSE):
            access, refresh = _successors(key.secret, parsed, successor.id)
            if hmac.compare_digest(refresh.hash(), successor.refresh_hash):
                return Tokens.of(successor, access, refresh)
    session.end(uow.now, "a refresh token was used twice")
    memory(uow.runtime).forget(session.id)
    # Not held: whoever holds an account may be waiting for its sessions.
    account = await uow.session.get(Account, session.account_id)
    if account is not None:
        await tell_holder(uow, account, "refresh_token_reused", device=session.device_name)
    return TokenReused()


def _successors(key: bytes, used: OpaqueToken, grant_id: UUID) -> tuple[OpaqueToken, OpaqueToken]:
    def follows(kind: str) -> OpaqueToken:
        text = f"{kind} {grant_id} {used.secret}".encode()
        return OpaqueToken(kind, grant_id, hmac.new(key, text, hashlib.sha256).hexdigest())

    return follows(ACCESS), follows(REFRESH)
