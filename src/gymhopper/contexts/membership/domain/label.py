"""The one word in which people speak of a membership's state."""

from datetime import datetime
from typing import Literal

from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.overlay import OverlayKind

Label = Literal[
    "pending", "trial", "active", "past_due", "frozen", "suspended", "cancelled", "expired"
]


def label(membership: Membership, now: datetime) -> Label:
    """What the three axes come to at `now`.

    The contract's end outweighs everything, then what stops access, a block before a freeze, then
    a debt. Whatever ended other than by running out reads as cancelled.
    """
    if membership.is_over(now):
        return "expired" if membership.end_reason == "expired" else "cancelled"
    if membership.contract == "pending" or membership.start is None or now < membership.start:
        return "pending"
    if _stopped(membership, "block", now):
        return "suspended"
    if _stopped(membership, "freeze", now):
        return "frozen"
    if membership.overdue_since is not None:
        return "past_due"
    return "trial" if membership.contract == "trialing" else "active"


def _stopped(membership: Membership, kind: OverlayKind, now: datetime) -> bool:
    return any(each.kind == kind and now in each.period for each in membership.overlays)
