"""Take over what has to be signed and who signed, and compile whom it concerns."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.usecases.follow_membership import compile_people
from gymhopper.contexts.access.usecases.survivors import survivors
from gymhopper.contracts.membership.events import WaiverPublished, WaiverRetired, WaiverSigned

COMPILE_ORGANISATION = "access.compile_organisation"
AT_ONCE = 200
"""People who are compiled in one transaction: what else concerns them waits so long."""


async def waiver_published(uow: UnitOfWork, told: WaiverPublished) -> None:
    """Keep from when the version must be signed; doors learn it of everybody in the background."""
    row = insert(tables.waiver_version).values(
        waiver_id=told.waiver_id,
        number=told.number,
        organisation_id=told.organisation_id,
        enforced_at=told.enforced_at,
    )
    await uow.connection.execute(row.on_conflict_do_nothing())
    await _compile_all(uow, told.organisation_id)


async def waiver_retired(uow: UnitOfWork, told: WaiverRetired) -> None:
    """Nobody has to sign it any more."""
    version = tables.waiver_version
    await uow.connection.execute(sa.delete(version).where(version.c.waiver_id == told.waiver_id))
    await _compile_all(uow, told.organisation_id)


async def waiver_signed(uow: UnitOfWork, told: WaiverSigned) -> None:
    """The door opens at the next scan."""
    known = await survivors(uow, [told.person_id])
    found = known.get((told.organisation_id, told.person_id))
    person_id = told.person_id if found is None else found.person_id
    row = insert(tables.waiver_signature).values(
        id=told.signature_id,
        organisation_id=told.organisation_id,
        person_id=person_id,
        waiver_id=told.waiver_id,
        number=told.number,
        start=told.signed_at,
        until=told.until,
    )
    await uow.connection.execute(row.on_conflict_do_nothing())
    await compile_people(uow, {person_id})


async def compile_organisation(runtime: Runtime, *, organisation_id: UUID, after: UUID) -> None:
    """Compile the organisation's next people anew, and have the rest done after them."""
    held, booked = tables.entitlement.c, tables.booking.c
    async with runtime.begin(SERVICE) as uow:
        members = sa.union(
            sa.select(held.person_id).where(
                held.organisation_id == organisation_id, held.person_id > after
            ),
            sa.select(booked.person_id).where(
                booked.home_organisation_id == organisation_id,
                booked.person_id > after,
                booked.live,
            ),
        )
        asked = members.order_by("person_id").limit(AT_ONCE)
        people = (await uow.connection.execute(asked)).scalars().all()
        if people:
            await compile_people(uow, people)
            await _defer(uow, organisation_id, people[-1])


async def _compile_all(uow: UnitOfWork, organisation_id: UUID) -> None:
    await _defer(uow, organisation_id, UUID(int=0))


async def _defer(uow: UnitOfWork, organisation_id: UUID, after: UUID) -> None:
    await uow.defer(
        COMPILE_ORGANISATION,
        lock=f"{COMPILE_ORGANISATION} {organisation_id}",
        organisation_id=str(organisation_id),
        after=str(after),
    )
