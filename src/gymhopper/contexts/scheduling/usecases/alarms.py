"""What rings for a class that has bookings, when the class is moved or does not take place."""

from datetime import timedelta

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.domain.rules import BookingRules
from gymhopper.contexts.scheduling.usecases.timing import CLASS_BEGINS, CLASS_MARKED, FILL


async def move_alarms(uow: UnitOfWork, moved: Class, rules: BookingRules) -> None:
    """Lines end with the start, and bookings are marked some time after the end."""
    key = str(moved.id)
    if moved.waiting:
        await uow.schedule(CLASS_BEGINS, key, moved.start_at)
    if moved.taken:
        await uow.schedule(
            CLASS_MARKED, key, moved.until_at + timedelta(hours=rules.unmarked_hours)
        )


async def stop_alarms(uow: UnitOfWork, cancelled: Class) -> None:
    """Nothing is waited for any more."""
    for each in (CLASS_BEGINS, CLASS_MARKED):
        await uow.unschedule(each, str(cancelled.id))


async def have_filled(uow: UnitOfWork, changed: Class) -> None:
    """Have free places given to the line, if there are both."""
    if changed.free and changed.waiting:
        key = str(changed.id)
        await uow.defer(FILL, lock=key, class_id=key)
