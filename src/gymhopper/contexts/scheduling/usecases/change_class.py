"""Make one class different from what its series says, or from what it was."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.usecases import parts
from gymhopper.contexts.scheduling.usecases.reach import held, place_of
from gymhopper.contexts.scheduling.usecases.rework_classes import Rework, rework
from gymhopper.contexts.scheduling.usecases.schedule_class import ahead
from gymhopper.contexts.scheduling.usecases.start import Start


async def class_ahead(uow: UnitOfWork, class_id: UUID, expected: Expected = ANY) -> Class:
    """A class that has not begun, its row held. Raises NotFound, ClassOver, VersionMismatch,
    Forbidden."""
    found = await held(uow, Class, class_id, "class")
    await place_of(uow, found.location_id)
    expected.require(found)
    found.require_ahead(uow.now)
    return found


async def change_class(
    uow: UnitOfWork,
    class_id: UUID,
    given: Mapping[str, Any],
    expected: Expected = ANY,
    *,
    override: bool = False,
) -> tuple[Class, int]:
    """Take over what is given: `start` (a `Start`), `minutes`, `name`, `room_id`, `instructor_ids`,
    `capacity`, `caps`. Returns the class and how many bookings were moved.

    It stays so when its schedule is changed. Raises NotFound, ClassOver, InvalidInput, Retired,
    Occupied, VersionMismatch, Forbidden.
    """
    found = await class_ahead(uow, class_id, expected)
    where = parts.Where(found.host_organisation_id, found.location_id)
    values = {name: each for name, each in given.items() if name not in {"start", "minutes"}}
    if values.get("room_id", found.room_id) != found.room_id:
        await parts.room_of(uow, where, values["room_id"])
    if "instructor_ids" in values:
        added = set(values["instructor_ids"]) - set(found.instructor_ids)
        parts.require_once(values["instructor_ids"])
        await parts.require_instructors(uow, where, sorted(added))
    start, length = found.start_at, found.until_at - found.start_at
    said: Start | None = given.get("start")
    if said is not None:
        start = ahead(said.at(found.zone), uow.now)
    if "minutes" in given:
        length = timedelta(minutes=given["minutes"])
    work = Rework(found, values | {"start_at": start, "until_at": start + length})
    edited = {name for name in values if work.touches(name)}
    edited |= {"start"} if start != found.start_at else set()
    edited |= {"minutes"} if length != found.until_at - found.start_at else set()
    if found.schedule_id is not None:
        found.edited = tuple(sorted({*found.edited, *edited}))
    _, moved = await rework(uow, [work], override=override)
    return found, moved
