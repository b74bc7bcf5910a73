"""Every answer code of a door: what it is about, whose fault, what mends it, how it is said."""

from typing import Literal

import msgspec

Category = Literal[
    "allow", "door", "credential", "person", "entitlement", "partner", "place", "time", "quota",
    "presence", "system", "notice",
]  # fmt: skip
Fault = Literal["nobody", "member", "venue", "system"]
Remedy = Literal[
    "none", "renew", "pay", "upgrade", "book", "wait", "ask_desk", "scan_again", "check_in",
    "other_place",
]  # fmt: skip

ALLOWED = "ALLOWED"
RECEPTION = "Please see reception."
SEE_RECEPTION = "SEE_RECEPTION"
"""What a delicate code reads as to those who are not told it."""


class Code(msgspec.Struct, frozen=True):
    """One code. A `delicate` one is told to staff; the person reads "please see reception"."""

    code: str
    category: Category
    fault: Fault
    remedy: Remedy
    sentence: str
    delicate: bool = False

    @property
    def for_person(self) -> str:
        """The sentence that the person at the door may read."""
        return RECEPTION if self.delicate else self.sentence


def _table(
    category: Category, *rows: tuple[str, Fault, Remedy, str], delicate: str = ""
) -> dict[str, Code]:
    hidden = delicate.split()
    return {
        code: Code(code, category, fault, remedy, sentence, code in hidden)
        for code, fault, remedy, sentence in rows
    }


CODES: dict[str, Code] = {
    **_table("allow", (ALLOWED, "nobody", "none", "Welcome.")),
    **_table(
        "door",
        ("DOOR_LOCKDOWN", "venue", "ask_desk", "This door is locked down."),
        ("DOOR_OUT_OF_SERVICE", "venue", "other_place", "This door is out of service."),
    ),
    **_table(
        "credential",
        ("CREDENTIAL_MALFORMED", "member", "scan_again", "This code could not be read."),
        ("CREDENTIAL_UNKNOWN", "member", "ask_desk", "This card or code is not known here."),
        ("CREDENTIAL_INVALID", "member", "scan_again", "This code is not genuine."),
        ("CREDENTIAL_EXPIRED", "member", "ask_desk", "This card or code has expired."),
        ("CREDENTIAL_NOT_YET_VALID", "member", "wait", "This card or code is not valid yet."),
        ("CREDENTIAL_REPLAYED", "member", "scan_again", "This code was used already."),
        ("CREDENTIAL_REVOKED", "member", "ask_desk", "This card or code was withdrawn."),
        ("CREDENTIAL_TYPE_NOT_ALLOWED", "member", "scan_again", "Please use another kind of key."),
        ("CREDENTIAL_RATE_LIMITED", "member", "wait", "Too many tries. Wait a moment."),
        delicate="CREDENTIAL_REVOKED CREDENTIAL_INVALID",
    ),
    **_table(
        "person",
        ("PERSON_BLOCKED", "member", "ask_desk", "This person may not enter."),
        ("AGE_RESTRICTED", "member", "ask_desk", "The age for this area is not reached."),
        ("GUARDIAN_REQUIRED", "member", "ask_desk", "A guardian has to be present."),
        ("WAIVER_REQUIRED", "member", "ask_desk", "A declaration has to be signed first."),
        ("INDUCTION_REQUIRED", "member", "book", "An induction has to be attended first."),
        ("IDENTITY_CHECK_REQUIRED", "nobody", "ask_desk", "Please show who you are."),
        delicate="PERSON_BLOCKED AGE_RESTRICTED",
    ),
    **_table(
        "entitlement",
        ("NO_ENTITLEMENT", "member", "renew", "There is no membership that opens this door."),
        ("MEMBERSHIP_NOT_STARTED", "member", "wait", "The membership has not started yet."),
        ("MEMBERSHIP_EXPIRED", "member", "renew", "The membership has expired."),
        ("MEMBERSHIP_CANCELLED", "member", "renew", "The membership has ended."),
        ("MEMBERSHIP_FROZEN", "member", "ask_desk", "The membership is frozen."),
        ("PAYMENT_PAST_DUE", "member", "pay", "A payment is overdue."),
        ("SPONSOR_SUSPENDED", "member", "ask_desk", "The sponsor has paused the membership."),
        ("GUEST_PASS_USED", "member", "renew", "This guest pass was used."),
        ("GUEST_PASS_EXPIRED", "member", "renew", "This guest pass has expired."),
        ("GUEST_HOST_REQUIRED", "member", "wait", "The hosting member has to enter first."),
        ("STAFF_NOT_ON_ROTA", "member", "ask_desk", "There is no shift here now."),
        ("CONTRACTOR_EXPIRED", "member", "ask_desk", "The contractor's access has expired."),
        delicate="PAYMENT_PAST_DUE SPONSOR_SUSPENDED",
    ),
    **_table(
        "partner",
        ("PARTNER_CHECKIN_REQUIRED", "member", "check_in", "Check in at the partner first."),
        ("PARTNER_CHECKIN_EXPIRED", "member", "check_in", "The partner check-in has expired."),
        ("PARTNER_CHECKIN_CANCELLED", "member", "check_in", "The partner check-in was cancelled."),
        ("PARTNER_DENIED", "member", "ask_desk", "The partner did not confirm this visit."),
        ("PARTNER_UNAVAILABLE", "system", "ask_desk", "The partner cannot be reached."),
    ),
    **_table(
        "place",
        ("LOCATION_NOT_COVERED", "member", "upgrade", "This location is not covered."),
        ("LOCATION_NOT_IN_NETWORK", "member", "other_place", "This location is in no network."),
        ("TIER_TOO_LOW", "member", "upgrade", "This location needs a higher tier."),
        ("ZONE_NOT_COVERED", "member", "upgrade", "The membership does not cover this area."),
    ),
    **_table(
        "time",
        ("LOCATION_CLOSED", "venue", "wait", "This location is closed now."),
        ("OUTSIDE_PLAN_HOURS", "member", "wait", "The membership is not valid at this hour."),
        ("BOOKING_REQUIRED", "member", "book", "A booking is needed."),
        ("BOOKING_TOO_EARLY", "member", "wait", "It is too early for the booking."),
        ("BOOKING_TOO_LATE", "member", "book", "It is too late for the booking."),
        ("BOOKING_CANCELLED", "member", "book", "The booking was cancelled."),
    ),
    **_table(
        "quota",
        ("DAILY_LIMIT_REACHED", "member", "wait", "All visits of this day are used."),
        ("PERIOD_LIMIT_REACHED", "member", "wait", "All visits of this time are used."),
        ("LOCATION_LIMIT_REACHED", "member", "other_place", "All visits here are used."),
        ("ALREADY_VISITED_ELSEWHERE", "member", "wait", "Another location was visited already."),
        ("CREDITS_EXHAUSTED", "member", "pay", "There are no credits left."),
    ),
    **_table(
        "presence",
        ("PASSBACK_ALREADY_INSIDE", "member", "ask_desk", "This person is inside already."),
        ("PASSBACK_TOO_SOON", "member", "wait", "The last entry was a moment ago."),
        ("CAPACITY_REACHED", "venue", "wait", "The area is full."),
    ),
    **_table(
        "system",
        ("OFFLINE_NOT_PERMITTED", "system", "ask_desk", "This cannot be checked offline."),
        ("SNAPSHOT_TOO_OLD", "system", "ask_desk", "This door has been offline for too long."),
        ("DEVICE_CLOCK_UNTRUSTED", "system", "ask_desk", "This door does not know the time."),
        ("SYSTEM_ERROR", "system", "ask_desk", "This could not be checked."),
    ),
    **_table(
        "notice",
        ("PAYMENT_GRACE", "member", "pay", "A payment is open."),
        ("EXPIRES_SOON", "member", "renew", "The membership ends soon."),
        ("LAST_CREDIT", "member", "pay", "This was the last credit."),
        ("SOFT_PASSBACK", "member", "none", "This person is inside already."),
        ("CAPACITY_SOFT", "venue", "none", "The area is nearly full."),
        ("OFFLINE_DECISION", "system", "none", "Decided offline."),
        ("DUPLICATE_SCAN", "nobody", "none", "Scanned twice."),
        ("SAME_VISIT", "nobody", "none", "This belongs to the same visit."),
        ("MANUAL_OVERRIDE", "nobody", "none", "Opened by staff."),
    ),
}  # fmt: skip


def explain(code: str) -> Code:
    """The code's entry; an unknown one reads like a fault of the system."""
    return CODES.get(code) or CODES["SYSTEM_ERROR"]
