"""Sign in with a passkey alone: it names its account, and its device has verified the person."""

from typing import Any

from sqlalchemy import select

from gymhopper.chassis.auth import ANONYMOUS, SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.domain.passkey import Passkey, RelyingParty
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.gateways.passkeys import (
    BadCredential,
    Credential,
    challenge_of,
    credential_id,
    read_use,
    sign_in_options,
)
from gymhopper.contexts.identity.storage.factor_tables import passkey as table
from gymhopper.contexts.identity.usecases.finish_sign_in import (
    SecondFactorNeeded,
    active_account,
    finish_sign_in,
)
from gymhopper.contexts.identity.usecases.note_failure import failed
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.contexts.identity.usecases.passkey_challenges import give_challenge, take_challenge
from gymhopper.contexts.identity.usecases.tell_holder import tell_holder
from gymhopper.kernel.errors import Unauthenticated

log = get_logger(__name__)


class WrongPasskey(Unauthenticated):
    """The same, whatever was wrong with it."""

    code = "wrong_passkey"

    def __init__(self) -> None:
        super().__init__("This passkey was not accepted.")


class SuspectPasskey(Unauthenticated):
    """Two devices seem to hold this key."""

    code = "suspect_passkey"

    def __init__(self) -> None:
        super().__init__(
            "This passkey seems to have been copied. Sign in in another way, and remove it."
        )


async def begin_passkey_sign_in(uow: UnitOfWork) -> dict[str, Any]:
    """What the browser has a device sign."""
    site = RelyingParty.at(uow.runtime.public_url)
    return sign_in_options(site, await give_challenge(uow, None))


async def sign_in_with_passkey(
    runtime: Runtime, credential: Credential, *, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Sign in; WrongPasskey, or SuspectPasskey when its count does not grow.

    Opens its own transactions: what was tried, and what it showed, is kept also when it fails.
    """
    site = RelyingParty.at(runtime.public_url)
    account: Account | None = None
    try:
        challenge = challenge_of(credential, site)
        key_id = credential_id(credential)
        async with runtime.begin(SERVICE) as uow:
            await take_challenge(uow, challenge, None)
        async with runtime.begin(SERVICE) as uow:
            account, passkey = await _held(uow, key_id)
            already_suspect = passkey.suspect_since is not None
            used = read_use(credential, site, challenge, passkey)
            if passkey.use(used.sign_count, backed_up=used.backed_up, now=uow.now):
                return await finish_sign_in(uow, account.id, method="passkey", device=device)
            if not already_suspect:
                await tell_holder(uow, account, "passkey_copied", name=passkey.name)
    except BadCredential as error:
        log.info("passkey_refused", why=str(error))
        whose = account.id if account else None
        await runtime.note_act(ANONYMOUS, failed("passkey", str(error), whose))
        raise WrongPasskey from error
    except Unauthenticated as error:
        await runtime.note_act(ANONYMOUS, failed("passkey", error.code))
        raise
    log.warning("passkey_suspect", passkey_id=str(passkey.id))
    await runtime.note_act(ANONYMOUS, failed("passkey", SuspectPasskey.code, account.id))
    raise SuspectPasskey


async def _held(uow: UnitOfWork, key_id: bytes) -> tuple[Account, Passkey]:
    """The key's account and the key, with their rows held."""
    account_id = await uow.session.scalar(
        select(table.c.account_id).where(table.c.credential_id == key_id)
    )
    if account_id is None:
        raise BadCredential("unknown_key")
    account = await active_account(uow, account_id)
    query = select(Passkey).where(table.c.credential_id == key_id).with_for_update()
    found: Passkey | None = await uow.session.scalar(query)
    if found is None:
        raise BadCredential("just_removed")
    return account, found
