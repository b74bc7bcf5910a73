"""The timers of a class: lines end with its start, and bookings are marked some time after it, as
appointments are."""

from datetime import timedelta

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.queries.scene import Scene

CLASS_BEGINS = "scheduling.class_begins"
CLASS_MARKED = "scheduling.class_marked"
APPOINTMENT_MARKED = "scheduling.appointment_marked"
OFFER_ENDS = "scheduling.offer_ends"
FEE_DUE = "scheduling.fee_due"
FILL = "scheduling.fill_places"


async def watch_class(uow: UnitOfWork, scene: Scene, taken: int, waiting: int) -> None:
    """Set what has to ring when the first place is taken or waited for; there were so many."""
    key = str(scene.class_id)
    if scene.waiting and not waiting:
        await uow.schedule(CLASS_BEGINS, key, scene.state.start)
    if scene.taken and not taken:
        marked = scene.state.until + timedelta(hours=scene.rules.unmarked_hours)
        await uow.schedule(CLASS_MARKED, key, marked)
