"""What it costs to give a place or an appointment up, or not to come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gymhopper.contexts.scheduling.domain.terms import Terms
from gymhopper.contracts.scheduling.state import BookingStatus
from gymhopper.kernel.money import Money


class Priced(Protocol):
    """A booking or an appointment, or what is read of one."""

    @property
    def status(self) -> BookingStatus: ...
    @property
    def free_until(self) -> datetime: ...
    @property
    def terms(self) -> Terms: ...
    @property
    def credits(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Cost:
    """A fee, and what becomes of the credits. A place in line takes neither."""

    late: bool
    fee: Money | None
    credits_back: int
    credits_lost: int

    @property
    def sentence(self) -> str:
        """For whoever is about to confirm."""
        parts = []
        if self.fee is not None:
            parts.append(f"it costs {self.fee}")
        if self.credits_lost:
            parts.append(f"{_credits(self.credits_lost)} not returned")
        if self.credits_back:
            parts.append(f"{_credits(self.credits_back)} returned")
        return "Cancel now and " + " and ".join(parts or ["it costs nothing"]) + "."


NOTHING = Cost(late=False, fee=None, credits_back=0, credits_lost=0)


def returned(booking: Priced) -> Cost:
    """What it costs when it is no fault of theirs: nothing, and all credits come back."""
    back = booking.credits if booking.status in {"booked", "attended", "missed"} else 0
    return Cost(late=False, fee=None, credits_back=back, credits_lost=0)


def of_cancelling(booking: Priced, now: datetime) -> Cost:
    """What a cancellation by the member costs at that instant, by the terms of the booking."""
    if booking.status != "booked":
        return NOTHING
    late, terms = now >= booking.free_until, booking.terms
    back = booking.credits if not late or terms.late_credits_back else 0
    return Cost(late, terms.late_fee if late else None, back, booking.credits - back)


def of_missing(booking: Priced) -> Cost:
    """What it costs not to come."""
    terms = booking.terms
    back = booking.credits if terms.missed_credits_back else 0
    return Cost(
        late=True, fee=terms.missed_fee, credits_back=back, credits_lost=booking.credits - back
    )


def _credits(number: int) -> str:
    return "1 credit is" if number == 1 else f"{number} credits are"
