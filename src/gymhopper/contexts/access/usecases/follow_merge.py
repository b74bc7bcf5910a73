"""Two people of an organisation are one: rights, cards, passes and visits become the survivor's.

What other organisations gave the merged person stays with that person.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.holdings import Holding
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.usecases.follow_membership import compile_people
from gymhopper.contexts.access.usecases.hand_out_credential import publish_holding
from gymhopper.contexts.access.usecases.hand_over_usage import HAND_OVER_USAGE
from gymhopper.contexts.access.usecases.survivors import Survivor, survivors

_ENTITLEMENTS = text(
    "UPDATE access.entitlement SET person_id = :into, state = state || jsonb_build_object("
    "'person_id', CAST(:into AS uuid), 'member_id', CAST(:member AS uuid))"
    " WHERE organisation_id = :organisation AND person_id = :person"
)
_GUESTS = text(
    "UPDATE access.entitlement SET state = jsonb_set(state, '{hosted,person_id}',"
    " to_jsonb(CAST(:into AS uuid))) WHERE organisation_id = :organisation"
    " AND state -> 'hosted' ->> 'person_id' = CAST(CAST(:person AS uuid) AS text)"
    " RETURNING person_id"
)
_SIGNATURES = text(
    "UPDATE access.waiver_signature SET person_id = :into"
    " WHERE organisation_id = :organisation AND person_id = :person"
)
_BOOKINGS = text(
    "UPDATE access.booking SET person_id = :into"
    " WHERE home_organisation_id = :organisation AND person_id = :person"
)
# The journal's chain is over the records, which stay as they were written: what a door answered,
# and to whom it thought it did. The column beside them is for finding what is somebody's.
_THEIRS = (
    " SET person_id = :into WHERE person_id = :person AND coalesce(home_organisation_id,"
    " host_organisation_id) = :organisation"
)
_HISTORY = [text(f"UPDATE access.{each}{_THEIRS}") for each in ("visit", "journal")]


async def follow_merge(
    uow: UnitOfWork, *, organisation_id: UUID, person_id: UUID, into: Survivor
) -> None:
    """Make everything that the organisation gave the person the survivor's.

    Merges of one person after another may be told of in any order.
    """
    known = await survivors(uow, [into.person_id])
    into = known.get((organisation_id, into.person_id), into)
    table = tables.merged_person
    told = {"into_member_id": into.member_id, "into_person_id": into.person_id}
    remember = insert(table).values(organisation_id=organisation_id, person_id=person_id, **told)
    await uow.connection.execute(
        remember.on_conflict_do_update(index_elements=["organisation_id", "person_id"], set_=told)
    )
    of = table.c
    await uow.connection.execute(
        sa.update(table)
        .where(of.organisation_id == organisation_id, of.into_person_id == person_id)
        .values(told)
    )
    names = {
        "organisation": organisation_id,
        "person": person_id,
        "into": into.person_id,
        "member": into.member_id,
    }
    for statement in (_ENTITLEMENTS, _BOOKINGS, _SIGNATURES, *_HISTORY):
        await uow.connection.execute(statement, names)
    guests = set((await uow.connection.execute(_GUESTS, names)).scalars())
    held = tables.credential.c
    holdings = await uow.session.scalars(
        sa.select(Holding)
        .where(held.organisation_id == organisation_id, held.person_id == person_id)
        .with_for_update()
    )
    for holding in holdings:
        holding.person_id = into.person_id
        holding.version += 1
        publish_holding(uow, holding)
    await compile_people(uow, {person_id, into.person_id} | guests)
    await uow.defer(
        HAND_OVER_USAGE,
        lock=str(into.person_id),
        person_id=str(person_id),
        into_person_id=str(into.person_id),
    )
