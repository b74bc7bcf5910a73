"""When and why a contract ends, of several who may each have said so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gymhopper.contracts.membership.events import EndReason

_WEIGHT: dict[EndReason, int] = {
    "withdrawn": 0,
    "terminated": 1,
    "transferred": 2,
    "cancelled": 3,
    "expired": 4,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """The contract ends at this instant for this reason."""

    at: datetime
    reason: EndReason


def earliest(endings: Iterable[Ending]) -> Ending | None:
    """The one that takes effect: the first, and of several at once the weightiest reason."""
    return min(endings, key=lambda each: (each.at, _WEIGHT[each.reason]), default=None)
