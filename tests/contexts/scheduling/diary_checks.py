"""What must hold of whatever is in a diary, asked of rows and events alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID

from contexts.scheduling.crowd import HOLDING, Ledger


@dataclass
class Rest:
    """When the membership of somebody is no good."""

    frozen: tuple[datetime, datetime] | None = None
    over: datetime | None = None

    def at(self, instant: datetime) -> bool:
        if self.over is not None and self.over <= instant:
            return True
        return self.frozen is not None and self.frozen[0] <= instant < self.frozen[1]


def nobody_is_in_two_places(
    appointments: Iterable[Any], classes: Iterable[Any], bookings: Iterable[Any]
) -> None:
    """Neither a person nor an instructor nor a room, with what is kept free around appointments."""
    taken: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for each in appointments:
        if each.status != "cancelled":
            taken.setdefault(each.person_id, []).append((each.start_at, each.until_at))
            for resource in filter(None, (each.instructor_id, each.room_id)):
                taken.setdefault(resource, []).append((each.kept_from, each.kept_until))
    for each in classes:
        if each.status == "scheduled":
            for resource in filter(None, (*each.instructor_ids, each.room_id)):
                taken.setdefault(resource, []).append((each.start_at, each.until_at))
    for each in bookings:
        if each.status in HOLDING:
            taken.setdefault(each.person_id, []).append((each.start_at, each.until_at))
    for resource, several in taken.items():
        for (start, until), (other, other_until) in combinations(several, 2):
            assert until <= other or other_until <= start, f"{resource} is in two places"


def credits_left(ledger: Ledger, unheard: Iterable[Any]) -> int:
    """What nobody has taken, with what the ledger has not heard of. Less than nothing is more than
    there was."""
    left = ledger.left
    for each in unheard:
        taken = _taken(ledger, each)
        if taken is None:
            continue
        if each.type.split(".")[2] in {"made", "promoted", "booked"}:
            left -= taken.credits
        left += getattr(each.data, "credits_back", 0)
    return left


def credits_to_spend(ledger: Ledger, unheard: Sequence[Any]) -> int:
    """The same as scheduling can know it: what returns of what the ledger has heard is there when
    the ledger says so."""
    held: dict[UUID, int] = {}
    for each in unheard:
        taken = _taken(ledger, each)
        if taken is None:
            continue
        key = getattr(taken, "booking_id", None) or taken.appointment_id
        if each.type.split(".")[2] in {"made", "promoted", "booked"}:
            held[key] = taken.credits
        elif key in held:
            held[key] -= getattr(each.data, "credits_back", 0)
    return ledger.left - sum(held.values())


def _taken(ledger: Ledger, told: Any) -> Any:
    taken = getattr(told.data, "booking", None) or getattr(told.data, "appointment", None)
    if taken is None or taken.membership_id != ledger.person.state.membership_id:
        return None
    return taken
