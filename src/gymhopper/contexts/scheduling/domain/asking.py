"""Somebody asks for a place, and what comes of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.domain.eligibility import Booker
from gymhopper.contexts.scheduling.domain.errors import NoSuchSpot
from gymhopper.contexts.scheduling.domain.refusals import Code
from gymhopper.contexts.scheduling.domain.room import Spot
from gymhopper.contracts.scheduling.state import Channel
from gymhopper.kernel.errors import InvalidInput

NOTHING: frozenset[Code] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for: a place for a person, in the class or in its line.

    `membership_id` is what to use; without it the cheapest is found. With `or_wait` False nobody
    stands in line, and who stands there does so until `wait_until`. `desk` tells that staff ask,
    over the refusals in `over`. Whoever needs no membership comes as `member_id`, a member of
    `home_organisation_id`. A guest comes with the place that `host_person_id` has in the class.
    Whom a guardian books for comes as a member of the organisation that says so, `guarded_at`.
    """

    person_id: UUID
    membership_id: UUID | None = None
    spot: str | None = None
    or_wait: bool = True
    wait_until: datetime | None = None
    desk: bool = False
    over: frozenset[Code] = NOTHING
    member_id: UUID | None = None
    home_organisation_id: UUID | None = None
    host_person_id: UUID | None = None
    guarded_at: UUID | None = None


def seen_from(
    booker: Booker, host_organisation_id: UUID, caps: Caps, *, only: UUID | None = None
) -> Booker:
    """The same with the memberships that are of any use here: the gym's own, and those of networks
    that have places in the class; `only` one organisation's of them. Others are nobody's
    business."""
    here = {host_organisation_id, *caps.networks}
    if only is not None:
        here &= {only}
    held = tuple(each for each in booker.held if each.state.organisation_id in here)
    if len(held) == len(booker.held):
        return booker
    return msgspec.structs.replace(booker, held=held)


def channel_of(wish: Wish, home_organisation_id: UUID, host_organisation_id: UUID) -> Channel:
    """Through which channel the wish comes."""
    if home_organisation_id != host_organisation_id:
        return "network"
    return "desk" if wish.desk else "online"


def check_spot(name: str | None, spots: tuple[Spot, ...]) -> None:
    """Raises NoSuchSpot when nobody can have it."""
    if name is None:
        return
    found = next((each for each in spots if each.name == name), None)
    if found is None:
        raise NoSuchSpot("The room of this class has no such spot.", field="spot")
    if found.out_of_order:
        raise NoSuchSpot("This spot is out of order.", field="spot")


def check_wait_until(until: datetime | None, now: datetime, start: datetime) -> None:
    """Raises InvalidInput for an end of the waiting that is no time before the class."""
    if until is not None and not now < until <= start:
        raise InvalidInput(
            "It is later than now, and not later than the class.", field="wait_until"
        )
