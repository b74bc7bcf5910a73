"""Give people something to present at doors, and take it back."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.credentials import credential_key
from gymhopper.contexts.access.domain.holdings import Holding
from gymhopper.contexts.access.domain.records import Credential, milliseconds
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.storage.feed import Change, publish
from gymhopper.contexts.access.usecases.keys import CREDENTIALS
from gymhopper.contexts.access.usecases.survivors import survivors
from gymhopper.contracts.access.events import CredentialIssued, CredentialRevoked
from gymhopper.kernel.errors import Conflict, InvalidInput, NotFound
from gymhopper.kernel.ids import new_id

MOST_PASSES = 5
"""Live passes of one person: a phone, its successor, a watch."""

_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('pass of ' || :person, 0))")


class CredentialTaken(Conflict):
    """Another credential of the installation has this value."""

    code = "credential_taken"


class TooManyPasses(Conflict):
    """The person holds as many passes as one may."""

    code = "too_many_passes"


class NewCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A card whose number is given, or a pass whose value is made (then `value` is None)."""

    organisation_id: UUID
    person_id: UUID
    kind: Literal["card", "pass"]
    value: str | None = None
    start: datetime | None = None
    until: datetime | None = None


class HandedOut(msgspec.Struct, frozen=True):
    """A credential and its value, which is told only now."""

    holding: Holding
    value: str


async def hand_out_credential(uow: UnitOfWork, new: NewCredential) -> HandedOut:
    """Give a person a card or a pass; doors know it within moments.

    Raises InvalidInput for a value that cannot be one, CredentialTaken for one that is in use.
    """
    return (await hand_out_credentials(uow, [new]))[0]


async def hand_out_credentials(uow: UnitOfWork, news: Iterable[NewCredential]) -> list[HandedOut]:
    """Give many people something at once; see `hand_out_credential`. One that fails fails all."""
    secret = uow.runtime.secrets.lasting(CREDENTIALS)
    handed_out = [_hand_out(uow, new, secret) for new in await _as_known_now(uow, list(news))]
    try:
        await uow.session.flush()
    except IntegrityError as error:
        raise CredentialTaken("This number is in use already.", field="value") from error
    for each in handed_out:
        publish_holding(uow, each.holding)
    return handed_out


async def _as_known_now(uow: UnitOfWork, news: list[NewCredential]) -> list[NewCredential]:
    """For whom these are: a person may have been merged since somebody asked who it is."""
    known = await survivors(uow, [each.person_id for each in news])
    return [
        msgspec.structs.replace(each, person_id=found.person_id)
        if (found := known.get((each.organisation_id, each.person_id)))
        else each
        for each in news
    ]


async def hand_out_own_pass(
    uow: UnitOfWork, *, organisation_id: UUID, person_id: UUID
) -> HandedOut:
    """A pass for the phone of somebody who asks for it; TooManyPasses when there are enough."""
    # Requests of the same person at once count each other.
    await uow.connection.execute(_ONE_AT_A_TIME, {"person": str(person_id)})
    held = tables.credential.c
    live = sa.select(sa.func.count()).where(
        held.person_id == person_id, held.kind == "pass", held.revoked_at.is_(None)
    )
    if (await uow.connection.execute(live)).scalar_one() >= MOST_PASSES:
        raise TooManyPasses(f"One may hold {MOST_PASSES} passes. Withdraw one that is not used.")
    return await hand_out_credential(
        uow, NewCredential(organisation_id=organisation_id, person_id=person_id, kind="pass")
    )


def _hand_out(uow: UnitOfWork, new: NewCredential, secret: bytes) -> HandedOut:
    value = new.value or secrets.token_urlsafe(24)
    key = credential_key(secret, new.kind, value)
    if key is None:
        raise InvalidInput("This cannot be the number of a card.", field="value")
    holding = Holding(
        id=new_id(),
        organisation_id=new.organisation_id,
        person_id=new.person_id,
        kind=new.kind,
        key=key,
        ending=value[-4:] if new.kind == "card" else "",
        start=new.start,
        until=new.until,
    )
    uow.add(holding)
    uow.record(
        holding,
        CredentialIssued(credential_id=holding.id, person_id=holding.person_id, kind=holding.kind),
        organisation_id=holding.organisation_id,
    )
    return HandedOut(holding, value)


async def revoke_pass(uow: UnitOfWork, credential_id: UUID) -> Holding:
    """Withdraw a pass; a card is the desk's, and is not found here."""
    holding = await uow.get(Holding, credential_id)
    if holding.kind != "pass":
        raise NotFound("There is no pass with this id.")
    return _revoke(uow, holding)


async def revoke_credential(uow: UnitOfWork, credential_id: UUID) -> Holding:
    """Take a card or a pass back; the person's others go on working."""
    return _revoke(uow, await uow.get(Holding, credential_id))


def _revoke(uow: UnitOfWork, holding: Holding) -> Holding:
    holding.revoke(uow.now)
    uow.record(
        holding,
        CredentialRevoked(credential_id=holding.id, person_id=holding.person_id),
        organisation_id=holding.organisation_id,
    )
    publish_holding(uow, holding)
    return holding


def publish_holding(uow: UnitOfWork, holding: Holding) -> None:
    """Have doors know the credential as it is now."""
    record = Credential(
        person_id=holding.person_id.bytes,
        credential_id=holding.id.bytes,
        start=None if holding.start is None else milliseconds(holding.start),
        until=None if holding.until is None else milliseconds(holding.until),
        revoked=holding.revoked_at is not None,
    )
    publish(uow, Change("credential", holding.key, msgspec.msgpack.encode(record)))
