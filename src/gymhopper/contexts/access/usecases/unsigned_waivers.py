"""What people have not signed, as far as it closes doors."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from uuid import UUID

import sqlalchemy as sa

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.records import Stop
from gymhopper.contexts.access.domain.waivers import Enforced, Signed, unsigned
from gymhopper.contexts.access.storage.tables import waiver_signature, waiver_version

Waiting = Mapping[UUID, tuple[Stop, ...]]
"""By the organisation whose waiver it is."""


async def unsigned_waivers(
    uow: UnitOfWork, members: Mapping[UUID, Set[UUID]]
) -> Mapping[UUID, Waiting]:
    """For each of the people who must sign something, when they have not, by the organisation.

    `members` are the organisations as whose members people come.
    """
    versions = await _versions(uow, set().union(*members.values()))
    if not versions:
        return {}
    signed = await _signed(uow, [each for each, among in members.items() if among])
    return {
        person_id: {
            each: unsigned(versions[each], signed[person_id, each], uow.now)
            for each in among & set(versions)
        }
        for person_id, among in members.items()
    }


async def _versions(uow: UnitOfWork, organisations: set[UUID]) -> dict[UUID, list[Enforced]]:
    of = waiver_version.c
    rows = await uow.connection.execute(
        sa.select(waiver_version).where(of.organisation_id.in_(organisations))
    )
    found: dict[UUID, list[Enforced]] = defaultdict(list)
    for row in rows:
        found[row.organisation_id].append(Enforced(row.waiver_id, row.number, row.enforced_at))
    return dict(found)


async def _signed(uow: UnitOfWork, people: Sequence[UUID]) -> dict[tuple[UUID, UUID], list[Signed]]:
    of = waiver_signature.c
    rows = await uow.connection.execute(sa.select(waiver_signature).where(of.person_id.in_(people)))
    found: dict[tuple[UUID, UUID], list[Signed]] = defaultdict(list)
    for row in rows:
        signature = Signed(row.waiver_id, row.number, row.start, row.until)
        found[row.person_id, row.organisation_id].append(signature)
    return found
