"""Let a venue see a member of another gym who was there; forget it in time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text

from gymhopper.chassis.pseudonyms import pseudonym
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.settings import MembershipSettings
from gymhopper.contexts.membership.storage import people_tables, tables

# A row that would stay the same is not written.
_SEEN = text(
    "INSERT INTO membership.visibility AS known"
    " (organisation_id, person_id, visitor_id, since, last, because)"
    " SELECT *, 'visited' FROM unnest(CAST(:hosts AS uuid[]), CAST(:persons AS uuid[]),"
    " CAST(:visitors AS uuid[]), CAST(:since AS timestamptz[]), CAST(:last AS timestamptz[]))"
    " ON CONFLICT (organisation_id, person_id) DO UPDATE"
    " SET since = least(known.since, excluded.since), last = greatest(known.last, excluded.last)"
    " WHERE excluded.since < known.since OR excluded.last > known.last"
)


@dataclass(frozen=True, slots=True)
class _Seen:
    host: UUID
    home: UUID
    person_id: UUID
    at: datetime


async def follow_visit(
    uow: UnitOfWork, *, person_id: UUID, host: UUID, home: UUID | None, at: datetime
) -> None:
    """The person was at the host's. News of visits may come in any order, and twice.

    Doors report them by the hundred; a batch of them is one statement.
    """
    if home is not None and home != host:
        uow.collect(_store, _Seen(host, home, person_id, at))


async def _store(uow: UnitOfWork, seen: list[_Seen]) -> None:
    survivors = await _survivors(uow, seen)
    times: dict[tuple[UUID, UUID], list[datetime]] = {}
    for each in seen:
        person_id = survivors.get((each.home, each.person_id), each.person_id)
        times.setdefault((each.host, person_id), []).append(each.at)
    # In one order, so that two batches at once cannot wait for each other.
    keys = sorted(times)
    await uow.connection.execute(
        _SEEN,
        {
            "hosts": [host for host, _ in keys],
            "persons": [person_id for _, person_id in keys],
            "visitors": [pseudonym(uow.runtime.secrets, *each) for each in keys],
            "since": [min(times[each]) for each in keys],
            "last": [max(times[each]) for each in keys],
        },
    )


async def _survivors(uow: UnitOfWork, seen: list[_Seen]) -> dict[tuple[UUID, UUID], UUID]:
    """Who people are whom their gym merged since the visit."""
    merged = people_tables.merged_member.c
    rows = await uow.connection.execute(
        select(merged.organisation_id, merged.person_id, merged.into_person_id).where(
            merged.person_id.in_({each.person_id for each in seen})
        )
    )
    return {(row.organisation_id, row.person_id): row.into_person_id for row in rows}


async def forget_visitors(uow: UnitOfWork) -> None:
    """Delete what no venue sees any more."""
    gone = tables.visibility.c.last < uow.now - MembershipSettings().visible_for
    await uow.connection.execute(delete(tables.visibility).where(gone))
