"""Register a passkey for an account."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.passkey import MOST, Passkey, RelyingParty
from gymhopper.contexts.identity.gateways.passkeys import (
    BadCredential,
    Credential,
    challenge_of,
    read_registration,
    registration_options,
)
from gymhopper.contexts.identity.storage.factor_tables import passkey as table
from gymhopper.contexts.identity.subjects import account_of, own_account
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.passkey_challenges import give_challenge, take_challenge
from gymhopper.contexts.identity.usecases.tell_holder import tell_holder
from gymhopper.kernel.errors import Conflict, InvalidInput
from gymhopper.kernel.ids import new_id

log = get_logger(__name__)


class PasskeyRefused(InvalidInput):
    """What the device sent does not register it here and now."""

    code = "passkey_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """What the device made, and what the person calls it."""

    credential: Credential
    transports: tuple[str, ...]
    name: str


async def begin_passkey(uow: UnitOfWork, account_id: UUID, *, holder: str) -> dict[str, Any]:
    """What the browser asks a device for; `holder` is what the device calls the account."""
    await active_account(uow, account_id)
    known = await _of(uow, account_id)
    _room_in(known)
    return registration_options(
        RelyingParty.at(uow.runtime.public_url),
        handle=account_id.bytes,
        holder=holder,
        challenge=await give_challenge(uow, account_id),
        known=known,
    )


async def add_passkey(runtime: Runtime, caller: AuthSubject, command: NewPasskey) -> Passkey:
    """Keep the key that a device has made for the caller's account.

    Raises PasskeyRefused when the device's answer is not to a challenge of this account, or not
    right. The challenge is used up either way, in a transaction of its own.
    """
    account_id = account_of(caller)
    site = RelyingParty.at(runtime.public_url)
    try:
        challenge = challenge_of(command.credential, site)
        async with runtime.begin(own_account(caller)) as uow:
            await take_challenge(uow, challenge, account_id)
        found = read_registration(command.credential, site, challenge)
    except BadCredential as error:
        log.info("passkey_refused", why=str(error))
        raise PasskeyRefused(
            "This was not accepted; please begin again.", field="credential"
        ) from error
    async with runtime.begin(own_account(caller)) as uow:
        account = await active_account(uow, account_id)
        _room_in(await _of(uow, account_id))
        if await _taken(uow, found.credential_id):
            raise Conflict("This passkey is registered already.", code="passkey_known")
        passkey = Passkey(
            id=new_id(),
            account_id=account_id,
            credential_id=found.credential_id,
            public_key=found.public_key,
            sign_count=found.sign_count,
            name=command.name,
            transports=command.transports,
            backed_up=found.backed_up,
            created_at=uow.now,
        )
        uow.add(passkey)
        await tell_holder(uow, account, "passkey_added", name=command.name)
    return passkey


async def _of(uow: UnitOfWork, account_id: UUID) -> list[Passkey]:
    return list(await uow.session.scalars(select(Passkey).where(table.c.account_id == account_id)))


async def _taken(uow: UnitOfWork, credential_id: bytes) -> bool:
    query = select(table.c.id).where(table.c.credential_id == credential_id)
    return await uow.session.scalar(query) is not None


def _room_in(known: list[Passkey]) -> None:
    if len(known) >= MOST:
        raise Conflict(f"An account has {MOST} passkeys at most.", code="too_many_passkeys")
