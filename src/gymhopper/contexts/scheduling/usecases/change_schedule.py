"""Change a series: all of it, or from a day on."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.schedule import Schedule
from gymhopper.contexts.scheduling.storage.tables import class_
from gymhopper.contexts.scheduling.usecases import parts
from gymhopper.contexts.scheduling.usecases.align_classes import Aligned, align
from gymhopper.contexts.scheduling.usecases.reach import held, place_of
from gymhopper.contexts.scheduling.usecases.schedule_class import FARTHEST
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.ids import new_id

Scope = Literal["following", "all"]

_SEARCHED = timedelta(days=8 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChange:
    """What is to be different, by the names of `Schedule`'s fields; `following` from a date on,
    or in `all` classes that are still ahead."""

    scope: Scope
    from_date: date | None
    values: Mapping[str, Any]
    override: bool = False


async def change_schedule(
    uow: UnitOfWork, schedule_id: UUID, change: ScheduleChange, expected: Expected = ANY
) -> tuple[Schedule, Aligned]:
    """The schedule that has the change: for `following` a new one, which takes over the classes
    from that date on and follows the old one.

    Raises NotFound, InvalidInput, Retired, Occupied, VersionMismatch, Forbidden.
    """
    found = await _held(uow, schedule_id, expected)
    await _check(uow, found, change.values)
    today = local_date(uow.now, found.zone)
    # What is over is nobody's to change.
    from_date = max(change.from_date or today, today)
    if from_date > today + FARTHEST:
        raise InvalidInput("That is more than ten years ahead.", field="from")
    if change.scope == "following" and from_date > found.starts_on:
        found = await _split(uow, found, from_date, change.values)
    else:
        _take_over(found, change.values)
    found.check()
    await uow.flush()
    return found, await align(uow, found, override=change.override)


async def end_schedule(
    uow: UnitOfWork, schedule_id: UUID, from_date: date, expected: Expected = ANY
) -> tuple[Schedule, Aligned]:
    """No classes of it from that date on. Raises NotFound, InvalidInput, VersionMismatch,
    Forbidden."""
    found = await _held(uow, schedule_id, expected)
    if found.ends_before is not None and from_date > found.ends_before:
        raise InvalidInput("It ends before that.", field="from")
    found.ends_before = from_date
    found.version += 1
    await uow.flush()
    return found, await align(uow, found, override=True)


async def _held(uow: UnitOfWork, schedule_id: UUID, expected: Expected) -> Schedule:
    found = await held(uow, Schedule, schedule_id, "schedule")
    await place_of(uow, found.location_id)
    expected.require(found)
    return found


async def _check(uow: UnitOfWork, found: Schedule, values: Mapping[str, Any]) -> None:
    where = parts.Where(found.organisation_id, found.location_id)
    if values.get("room_id", found.room_id) != found.room_id:
        await parts.room_of(uow, where, values["room_id"])
    if "instructor_ids" in values:
        parts.require_once(values["instructor_ids"])
        added = set(values["instructor_ids"]) - set(found.instructor_ids)
        await parts.require_instructors(uow, where, sorted(added))


def _take_over(found: Schedule, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(found, name, value)
    if found.ends_before is not None and found.ends_before <= found.starts_on:
        raise InvalidInput("It ends after the day on which it starts.", field="ends_before")
    found.version += 1


async def _split(
    uow: UnitOfWork, old: Schedule, from_date: date, values: Mapping[str, Any]
) -> Schedule:
    """The part from that date on, with the change, as a schedule of its own."""
    # Every second week goes on in the same weeks: it starts on a date that the old one gives.
    first = old.first_from(from_date, from_date + _SEARCHED)
    if first is None or (old.ends_before is not None and old.ends_before <= from_date):
        raise InvalidInput("There are no classes of it from that date on.", field="from")
    kept = {each.name: getattr(old, each.name) for each in fields(Schedule)}
    ruled = "rule" in values
    kept |= {
        "id": new_id(),
        "follows": old.id,
        "starts_on": from_date if ruled else first,
        "rule": old.rule if ruled else old.rule_from(first),
        "except_on": tuple(day for day in old.except_on if day >= from_date),
        "generated_until": max(old.generated_until, from_date),
        "created_at": uow.now,
        "version": 0,
    }
    new = Schedule(**kept)
    _take_over(new, values)
    old.ends_before = from_date
    old.except_on = tuple(day for day in old.except_on if day < from_date)
    old.generated_until = min(old.generated_until, from_date)
    old.version += 1
    uow.add(new)
    await uow.flush()
    ids = select(class_.c.id).where(
        class_.c.schedule_id == old.id, class_.c.on_date >= from_date, class_.c.start_at > uow.now
    )
    # Whoever books one of them holds its row: they are taken in the order of all.
    rows = await uow.connection.execute(ids.order_by(class_.c.id).with_for_update())
    await uow.connection.execute(
        update(class_).where(class_.c.id.in_(rows.scalars().all())).values(schedule_id=new.id)
    )
    return new
