"""Each organisation is told what it may know, and every event type is offered or listed."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from jsonschema import Draft202012Validator

from contracts.compatibility import samples, schema_of
from gymhopper.chassis.events.envelope import event_types
from gymhopper.contexts.integrations.catalogue import Offered, offered, published
from gymhopper.contexts.integrations.domain.views import _OWN, INTERNAL, view_of
from gymhopper.contexts.integrations.subscribers import subscriptions
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.event import Event
from gymhopper.contracts.scheduling.events import BookingCancelled
from gymhopper.contracts.scheduling.state import BookingState
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

CONTRACTS = {
    name: each
    for name, each in event_types().items()
    if each.__module__.startswith("gymhopper.contracts.")
}


def test_every_event_type_is_offered_or_listed_with_a_reason() -> None:
    assert published().keys() | INTERNAL.keys() == CONTRACTS.keys()
    assert not published().keys() & INTERNAL.keys()
    assert all(reason.endswith(".") for reason in INTERNAL.values())
    assert subscriptions.handlers.keys() == published().keys()
    assert [each.type for each in offered()] == list(published())


def parties(event: type[Event]) -> set[str]:
    """The fields that name organisations, however deep."""
    text = msgspec.json.encode(schema_of(event)).decode()
    return {each for each in text.split('"') if each.endswith("organisation_id")}


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_an_event_that_names_two_organisations_has_a_view_of_its_own(name: str) -> None:
    if parties(CONTRACTS[name]) - {"organisation_id"} and name not in INTERNAL:
        assert name in _OWN, "say what each organisation learns of it: domain/views.py"


@pytest.mark.parametrize("each", offered(), ids=lambda each: each.type)
def test_an_example_is_what_its_schema_says(each: Offered) -> None:
    Draft202012Validator(each.schema).validate(each.example)
    event = published()[each.type]
    assert msgspec.convert(each.example, view_of(event).form)
    assert each.summary


@pytest.mark.parametrize("name", sorted(published()))
def test_what_is_told_has_the_form_that_is_documented(name: str) -> None:
    event = published()[name]
    view = view_of(event)
    for document in samples(schema_of(event)):
        happened = msgspec.json.decode(msgspec.json.encode(document), type=event)
        for told in view.tell(happened, new_id()):
            assert isinstance(told.data, view.form)


def test_what_belongs_to_no_organisation_is_told_to_nobody() -> None:
    event = published()["membership.member.registered.v1"]
    assert view_of(event).tell(object(), None) == []


HOST, HOME = new_id(), new_id()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def visit(home: UUID | None) -> VisitRecorded:
    return VisitRecorded(
        visit_id=new_id(),
        person_id=new_id(),
        membership_id=new_id(),
        host_organisation_id=HOST,
        home_organisation_id=home,
        location_id=new_id(),
        door_id=new_id(),
        at=msgspec.convert("2026-03-02T09:00:00Z", datetime),
        entry=4711,
    )


def told(event: VisitRecorded) -> dict[UUID, dict[str, object]]:
    return {
        each.organisation_id: msgspec.to_builtins(each.data)
        for each in view_of(VisitRecorded).tell(event, HOST)
    }


def test_a_host_does_not_learn_who_came_from_another_gym_nor_from_which() -> None:
    event = visit(HOME)
    at_host = told(event)[HOST]
    assert at_host.keys() == {"visit_id", "location_id", "door_id", "at", "you_are"}
    hidden = {str(event.person_id), str(event.membership_id), str(HOME), 4711}
    assert not hidden & set(at_host.values())


def test_a_home_organisation_learns_which_of_its_members_it_was() -> None:
    event = visit(HOME)
    at_home = told(event)[HOME]
    assert at_home["person_id"] == str(event.person_id)
    assert at_home["membership_id"] == str(event.membership_id)
    assert at_home["you_are"] == "home"
    assert "door_id" not in at_home


def test_a_visit_at_home_is_told_once_and_whole() -> None:
    event = visit(HOST)
    (only,) = told(event).values()
    assert only["you_are"] == "host and home"
    assert {"person_id", "membership_id", "door_id"} <= only.keys()


def test_a_visitor_whose_home_is_unknown_stays_unknown() -> None:
    assert "person_id" not in told(visit(None))[HOST]


def booking(home: UUID) -> BookingCancelled:
    state = BookingState(
        booking_id=new_id(),
        class_id=new_id(),
        class_type_id=new_id(),
        host_organisation_id=HOST,
        home_organisation_id=home,
        location_id=new_id(),
        person_id=new_id(),
        member_id=new_id(),
        membership_id=new_id(),
        channel="online",
        status="cancelled",
        start=NOON,
        until=NOON,
        zone="Europe/Vienna",
        enter_from=NOON,
        enter_until=NOON,
        spot="12",
    )
    fee = Money(500, "EUR")
    return BookingCancelled(booking=state, ending="late", had_place=True, fee=fee)


def booking_told(event: BookingCancelled) -> dict[UUID, dict[str, object]]:
    return {
        each.organisation_id: msgspec.to_builtins(each.data)
        for each in view_of(BookingCancelled).tell(event, HOST)
    }


def test_a_host_learns_that_a_place_was_given_up_and_not_by_whom_from_another_gym() -> None:
    event = booking(HOME)
    at_host = booking_told(event)[HOST]
    assert (at_host["ending"], at_host["spot"], at_host["you_are"]) == ("late", "12", "host")
    who = event.booking
    hidden = {str(who.person_id), str(who.member_id), str(who.membership_id), str(HOME)}
    assert not hidden & set(map(str, at_host.values()))


def test_a_home_organisation_learns_which_of_its_members_it_was_and_what_it_costs() -> None:
    event = booking(HOME)
    at_home = booking_told(event)[HOME]
    assert at_home["member_id"] == str(event.booking.member_id)
    assert at_home["fee"] == {"amount": 500, "currency": "EUR"}
    assert "spot" not in at_home


def test_a_booking_at_home_is_told_once_and_whole() -> None:
    event = booking(HOST)
    (only,) = booking_told(event).values()
    assert only["you_are"] == "host and home"
    assert {"member_id", "person_id", "membership_id", "spot"} <= only.keys()
