"""Show a calendar to whoever knows its secret address."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.engine import RowMapping

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.domain import ics
from gymhopper.contexts.scheduling.domain.ics import Entry
from gymhopper.contexts.scheduling.queries import feeds
from gymhopper.contexts.scheduling.storage.feed_tables import feed
from gymhopper.contexts.scheduling.usecases.keep_feed import digest
from gymhopper.kernel.errors import NotFound

_PRODUCT = "-//Gymhopper//Calendar feeds//EN"


async def read_feed(runtime: Runtime, secret: str) -> bytes:
    """The calendar as it is now (`text/calendar`). The day of reading is kept, and not more of it.

    Raises NotFound when there is no such address, or not any more.
    """
    now = runtime.clock.now()
    async with runtime.read(SERVICE) as connection:
        query = select(feed).where(
            feed.c.digest == digest(runtime, secret), feed.c.revoked_at.is_(None)
        )
        found = (await connection.execute(query)).mappings().one_or_none()
        if found is None:
            raise NotFound("There is no calendar at this address.")
        entries: Sequence[Entry]
        match found["kind"]:
            case "member":
                name = "My classes"
                whose = found["person_id"], found["organisation_id"], now
                entries = [
                    *await feeds.bookings_of(connection, *whose),
                    *await feeds.appointments_of_person(connection, *whose),
                ]
            case "instructor":
                name = await feeds.name_of_instructor(connection, found["instructor_id"])
                instructor_id = found["instructor_id"]
                entries = [
                    *await feeds.classes_of_instructor(
                        connection, instructor_id, found["organisation_id"], now
                    ),
                    *await feeds.appointments_of_instructor(connection, instructor_id, now),
                ]
            case _:
                name = await feeds.name_of_location(connection, found["location_id"])
                entries = await feeds.classes_at(connection, found["location_id"], now)
    if found["last_read_on"] != now.date():
        await _note_reading(runtime, found)
    return ics.calendar(name, entries, product=_PRODUCT)


async def _note_reading(runtime: Runtime, found: RowMapping) -> None:
    async with runtime.begin(SERVICE) as uow:
        await uow.connection.execute(
            update(feed).where(feed.c.id == found["id"]).values(last_read_on=uow.now.date())
        )
