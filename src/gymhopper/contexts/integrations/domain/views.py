"""What an organisation is told of an event: ids, and nothing that another gym need not know."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.integrations.domain.booking_views import (
    BOOKING_EVENTS,
    CLASS_EVENTS,
    BookingTold,
    tell_booking,
    tell_class,
)
from gymhopper.contexts.integrations.domain.told import Told
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.event import Event
from gymhopper.contracts.venues.events import OrganisationCreated

INTERNAL: Mapping[str, str] = {
    OrganisationCreated.type: "An organisation cannot have an endpoint before it exists.",
}
"""Events that are not offered, each with the reason. All others are, as soon as they exist."""


class VisitTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person was let in at `at`.

    The host learns where, and not who came from another gym; the home organisation learns which of
    its members it was.
    """

    visit_id: UUID
    location_id: UUID
    at: datetime
    you_are: Literal["host", "home", "host and home"]
    door_id: UUID | None = None
    person_id: UUID | None = None
    membership_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class View:
    """How events of a type are told: the form of the data, and who learns what."""

    form: type[msgspec.Struct]
    tell: Callable[[Any, UUID | None], Sequence[Told]]


def _tell_visit(event: VisitRecorded, _: UUID | None) -> list[Told]:
    host, home = event.host_organisation_id, event.home_organisation_id
    visit = VisitTold(
        visit_id=event.visit_id, location_id=event.location_id, at=event.at, you_are="host"
    )
    at_door = msgspec.structs.replace(visit, door_id=event.door_id)
    if home is None:
        return [Told(host, at_door)]
    who = {"person_id": event.person_id, "membership_id": event.membership_id}
    if home == host:
        both = msgspec.structs.replace(at_door, you_are="host and home", **who)
        return [Told(host, both)]
    return [
        Told(host, at_door),
        Told(home, msgspec.structs.replace(visit, you_are="home", **who)),
    ]


def _tell_all(event: Event, organisation_id: UUID | None) -> list[Told]:
    return [] if organisation_id is None else [Told(organisation_id, event)]


_OWN: Mapping[str, View] = {
    VisitRecorded.type: View(VisitTold, _tell_visit),
    **{each.type: View(each, tell_class) for each in CLASS_EVENTS},
    **{each.type: View(BookingTold, tell_booking) for each in BOOKING_EVENTS},
}


def view_of(event: type[Event]) -> View:
    """The type's own view, or the whole payload for the organisation that the event belongs to."""
    return _OWN.get(event.type) or View(event, _tell_all)
