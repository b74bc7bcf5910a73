"""Why somebody cannot book: stable codes, each with a sentence for the person."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.kernel.errors import Conflict

Code = Literal[
    "EXCLUDED",
    "WILL_EXPIRE",
    "STARTS_LATER",
    "FROZEN",
    "USAGE_LIMIT_REACHED",
    "DAILY_LIMIT_REACHED",
    "NO_CREDITS",
    "PAST_DUE",
    "TIER_TOO_LOW",
    "NOT_COVERED",
    "WAIVER_REQUIRED",
    "AGE_RESTRICTED",
    "LEVEL_REQUIRED",
    "WINDOW_NOT_OPEN",
    "WINDOW_CLOSED",
    "OVERLAPPING_BOOKING",
    "ALREADY_BOOKED",
    "NO_MEMBERSHIP",
    "BOOKING_HELD",
    "TOO_MANY_BOOKINGS",
    "CLASS_FULL",
    "WAITLIST_FULL",
    "SPOT_TAKEN",
    "TOO_MANY_GUESTS",
]

SENTENCES: dict[Code, str] = {
    "EXCLUDED": "Please ask at the desk.",
    "WILL_EXPIRE": "The membership ends before this class.",
    "STARTS_LATER": "The membership begins after this class.",
    "FROZEN": "The membership is frozen at the time of this class.",
    "USAGE_LIMIT_REACHED": "The plan's visits of this period are used or booked.",
    "DAILY_LIMIT_REACHED": "The plan's visits of this day are used or booked.",
    "NO_CREDITS": "There are not enough credits left for this class.",
    "PAST_DUE": "Something is left to be paid before classes can be booked.",
    "TIER_TOO_LOW": "This place needs a higher plan.",
    "NOT_COVERED": "The plan does not cover this class.",
    "WAIVER_REQUIRED": "Something has to be signed before this class.",
    "AGE_RESTRICTED": "This class is for another age, or the date of birth is not known.",
    "LEVEL_REQUIRED": "This class asks for a level that has not been reached.",
    "WINDOW_NOT_OPEN": "Bookings have not opened yet.",
    "WINDOW_CLOSED": "Bookings are closed.",
    "OVERLAPPING_BOOKING": "There is another booking at the same time.",
    "ALREADY_BOOKED": "This class is booked already.",
    "NO_MEMBERSHIP": "There is no membership to book with.",
    "BOOKING_HELD": "Bookings are held for some days, because classes were missed or left late.",
    "TOO_MANY_BOOKINGS": "There are as many bookings or places in line as are allowed at a time.",
    "CLASS_FULL": "The class is full.",
    "WAITLIST_FULL": "The class is full, and so is its waitlist.",
    "SPOT_TAKEN": "This spot is taken.",
    "TOO_MANY_GUESTS": "No more guests can come along to this class.",
}

STAFF_BYPASS: frozenset[Code] = frozenset(
    {
        "WINDOW_NOT_OPEN",
        "WINDOW_CLOSED",
        "OVERLAPPING_BOOKING",
        "BOOKING_HELD",
        "TOO_MANY_BOOKINGS",
        "LEVEL_REQUIRED",
        "NO_MEMBERSHIP",
        "WILL_EXPIRE",
        "STARTS_LATER",
        "FROZEN",
        "NO_CREDITS",
        "USAGE_LIMIT_REACHED",
        "DAILY_LIMIT_REACHED",
        "NOT_COVERED",
        "TIER_TOO_LOW",
        "TOO_MANY_GUESTS",
    }
)
"""What staff may book over; it stays recorded with the booking. Debts and blocks are settled where
they are, and nobody is booked over what a class asks of health and age."""


class Verdict(msgspec.Struct, frozen=True):
    """A membership that is held, and why it cannot be used for the class; None: it can."""

    membership_id: UUID
    code: Code | None


class Refusal(msgspec.Struct, frozen=True):
    """Why not, from when on it may be otherwise where that is known, and all that is held."""

    code: Code
    from_: datetime | None = None
    held: tuple[Verdict, ...] = ()


class BookingRefused(Conflict):
    """The person cannot book this class now."""

    code = "booking_refused"

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(SENTENCES[refusal.code])
        self.refusal = refusal
        self.more = {
            "reason": refusal.code,
            "from": refusal.from_,
            "memberships": [
                {"membership_id": each.membership_id, "code": each.code} for each in refusal.held
            ],
        }
