"""Take over what venues say about locations, and tell the cells about their doors."""

from collections.abc import Iterable
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.compiling import compile_door
from gymhopper.contexts.access.domain.places import Door
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.storage.feed import Change, publish
from gymhopper.contracts.venues.events import LocationState


class LocationNews(msgspec.Struct, frozen=True):
    """A location as of a version of it."""

    version: int
    location: LocationState


async def follow_locations(uow: UnitOfWork, news: Iterable[LocationNews]) -> None:
    """Store the latest state of each location and publish its doors; older news change nothing."""
    changed = []
    for each in news:
        state = each.location
        statement = insert(tables.location).values(
            id=state.location_id,
            organisation_id=state.organisation_id,
            version=each.version,
            state=msgspec.to_builtins(state),
        )
        result = await uow.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["id"],
                set_={"version": statement.excluded.version, "state": statement.excluded.state},
                where=tables.location.c.version < statement.excluded.version,
            )
        )
        if result.rowcount:
            changed.append(state.location_id)
    await publish_doors(uow, location_ids=changed)


async def publish_doors(
    uow: UnitOfWork, *, location_ids: Iterable[UUID] = (), door_ids: Iterable[UUID] = ()
) -> None:
    """Put the present state of doors into the feed: all of these locations, and these."""
    await uow.session.flush()
    rows = await uow.session.execute(
        sa.select(Door, tables.location.c.state)
        .join(tables.location, tables.location.c.id == tables.door.c.location_id)
        .where(
            sa.or_(
                tables.door.c.location_id.in_(list(location_ids)),
                tables.door.c.id.in_(list(door_ids)),
            )
        )
    )
    for door, state in rows:
        record = compile_door(door, msgspec.convert(state, LocationState))
        publish(uow, Change("door", door.id.bytes, msgspec.msgpack.encode(record)))
