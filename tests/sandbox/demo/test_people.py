"""Invented people are always the same, and their past keeps the rules of their plans."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from gymhopper.contexts.access.domain.hours import WallTime, visit_day
from gymhopper.contexts.access.domain.records import moment
from gymhopper.kernel.calendar import local
from gymhopper.sandbox.demo import rules
from gymhopper.sandbox.demo.history import DAYS, Past
from gymhopper.sandbox.demo.keeping import Founded, FoundedDoor, FoundedVenue, Keyring
from gymhopper.sandbox.demo.network import WORLD
from gymhopper.sandbox.demo.people import (
    IN_A_THOUSAND,
    Person,
    Registered,
    Standing,
    invent_people,
)
from sandbox.demo.small_network import SMALL

ZONE = "Europe/Berlin"


def founded() -> Founded:
    """The world with numbers for ids."""
    numbers = iter(range(1, 1000))
    return Founded(
        operator_id=UUID(int=next(numbers)),
        venues={
            each.name: FoundedVenue(UUID(int=next(numbers)), UUID(int=next(numbers)))
            for each in WORLD.venues
        },
        offers={},
        doors=tuple(
            FoundedDoor(venue.name, door.name, UUID(int=next(numbers)), UUID(int=next(numbers)))
            for venue in WORLD.venues
            for door in venue.doors
        ),
        strangers=(),
    )


def registered(people: list[Person]) -> list[Registered]:
    return [
        Registered(each, UUID(int=10_000 + 2 * number), UUID(int=10_001 + 2 * number))
        for number, each in enumerate(people)
    ]


def test_people_are_the_same_whenever_they_are_invented() -> None:
    assert invent_people(WORLD, 300) == invent_people(WORLD, 300)


def test_every_standing_occurs_even_among_few() -> None:
    assert {each.standing for each in invent_people(SMALL, 60)} == set(Standing)


def test_most_people_are_in_good_standing() -> None:
    standings = Counter(each.standing for each in invent_people(WORLD, 5000))
    assert standings[Standing.GOOD] > 4500
    assert all(standings[each] == 5 * share for each, share in IN_A_THOUSAND.items())


def test_everybody_has_a_plan_that_opens_their_home() -> None:
    assert all(rules.opens(each.offer.coverage, each.home) for each in invent_people(WORLD, 1000))


def test_passes_and_keys_differ_and_come_back() -> None:
    one, other = Keyring(b"1" * 32), Keyring(b"2" * 32)
    assert one.pass_value("a") == Keyring(b"1" * 32).pass_value("a")
    assert len({one.pass_value("a"), one.pass_value("b"), other.pass_value("a")}) == 3
    keys = {
        each.public_key().public_bytes_raw()
        for each in (one.reader_key("a", "b"), one.reader_key("b", "a"), other.reader_key("a", "b"))
    }
    assert len(keys) == 3


START = datetime(2026, 1, 1, tzinfo=UTC)


@settings(max_examples=15, deadline=None)
@given(
    minutes=st.integers(0, 2 * 366 * 1440),
    first=st.integers(0, 4000),
)
def test_the_past_keeps_opening_hours_plan_hours_and_quotas(minutes: int, first: int) -> None:
    until = START + timedelta(minutes=minutes)
    network = founded()
    people = registered(invent_people(WORLD, first + 60)[first:])
    by_membership = {each.membership_id.bytes: each.person for each in people}
    venues = {network.venues[each.name].location_id.bytes: each for each in WORLD.venues}
    days: Counter[tuple[bytes, int]] = Counter()
    months: Counter[tuple[bytes, int]] = Counter()
    ids = set()
    for entry in Past(WORLD, network, people, ZONE, until).entries({}):
        at = moment(entry.at)
        assert (until - at).days <= DAYS + 2
        assert at < until
        ids.add(entry.decision_id)
        assert UUID(bytes=entry.decision_id).version == 7
        if entry.outcome != "allow":
            continue
        assert entry.membership_id is not None
        assert entry.spending is not None
        person, venue = by_membership[entry.membership_id], venues[entry.location_id]
        wall = local(at, venue.city.zone)
        assert rules.opens(person.offer.coverage, venue)
        assert rules.is_venue_open(venue, at)
        assert rules.is_plan_hour(person.offer.coverage, venue, at)
        rollover = 4 if venue.weekly is None else 0
        assert entry.spending.day == visit_day(WallTime.of(wall), rollover)
        assert entry.spending.month == WallTime.of(local(at, ZONE)).month
        days[entry.membership_id, entry.spending.day] += 1
        months[entry.membership_id, entry.spending.month] += 1
    for quota_of, counted in (("day", days), ("month", months)):
        for (membership_id, _), visits in counted.items():
            for quota in by_membership[membership_id].offer.coverage.quotas:
                assert quota.per != quota_of or visits <= quota.visits
