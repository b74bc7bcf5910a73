"""What devices say of passkeys, read and verified (WebAuthn level 2, section 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gymhopper.contexts.identity.domain.passkey import CHALLENGE_LIFE, Passkey, RelyingParty

Credential = Mapping[str, Any]
"""What a browser's `PublicKeyCredential.toJSON()` makes."""

SITE_NAME = "Gymhopper"

_TIMEOUT = int(CHALLENGE_LIFE.total_seconds() * 1000)

# What the library's readers raise at bytes that no device would send.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError)


class BadCredential(Exception):
    """It proves nothing. The text says why, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A key that a device has just made."""

    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a device says at a proved use of a key."""

    sign_count: int
    backed_up: bool


def registration_options(
    site: RelyingParty,
    *,
    handle: bytes,
    holder: str,
    challenge: bytes,
    known: Sequence[Passkey],
) -> dict[str, Any]:
    """What the browser is to ask a device for: a key that finds itself and verifies its user."""
    options = generate_registration_options(
        rp_id=site.id,
        rp_name=SITE_NAME,
        user_id=handle,
        user_name=holder,
        challenge=challenge,
        timeout=_TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(each.credential_id) for each in known],
    )
    return options_to_json_dict(options)


def sign_in_options(site: RelyingParty, challenge: bytes) -> dict[str, Any]:
    """What the browser is to have signed, by whichever of this site's keys the person chooses."""
    options = generate_authentication_options(
        rp_id=site.id,
        challenge=challenge,
        timeout=_TIMEOUT,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def challenge_of(credential: Credential, site: RelyingParty) -> bytes:
    """Which challenge it answers, on this site's own pages. Raises BadCredential."""
    try:
        response = parse_client_data_json(_client_data(credential))
    except _UNREADABLE as error:
        raise BadCredential("unreadable") from error
    # Told apart from the rest, because a wrong public address shows here.
    if response.origin != site.origin:
        raise BadCredential("another_origin")
    if response.cross_origin:
        raise BadCredential("inside_another_page")
    return response.challenge


def read_registration(credential: Credential, site: RelyingParty, challenge: bytes) -> Registered:
    """The key that the device has made. Raises BadCredential."""
    try:
        found = verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise BadCredential("unverified") from error
    return Registered(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        backed_up=found.credential_backed_up,
    )


def credential_id(credential: Credential) -> bytes:
    """Which key it says that it was signed with. Raises BadCredential."""
    try:
        return parse_authentication_credential_json(dict(credential)).raw_id
    except _UNREADABLE as error:
        raise BadCredential("unreadable") from error


def read_use(
    credential: Credential, site: RelyingParty, challenge: bytes, passkey: Passkey
) -> Used:
    """That this key has signed the challenge now, for this site. Raises BadCredential.

    The count is left to `Passkey.use`: the library compares it before the signature, and a key must
    not become suspect by what its holder never signed.
    """
    try:
        parsed = parse_authentication_credential_json(dict(credential))
        handle = parsed.response.user_handle
        if handle is not None and handle != passkey.account_id.bytes:
            raise BadCredential("another_account")
        found = verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise BadCredential("unverified") from error
    return Used(sign_count=found.new_sign_count, backed_up=found.credential_backed_up)


def _client_data(credential: Credential) -> bytes:
    kind = credential.get("response")
    if isinstance(kind, Mapping) and "attestationObject" in kind:
        return parse_registration_credential_json(dict(credential)).response.client_data_json
    return parse_authentication_credential_json(dict(credential)).response.client_data_json
