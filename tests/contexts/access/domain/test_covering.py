"""Doors and whoever else asks a coverage rule mean the same by it."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.access.domain.coverage import compile_policy, encode_coverage
from gymhopper.contexts.access.domain.records import Door
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.covering import refusal

GYM, CLUB, BRAND, CHAIN, FLOOR, POOL = (UUID(int=number) for number in range(1, 7))
CITIES = ("Berlin", "Lyon")


class Place(msgspec.Struct, frozen=True):
    """A place as its ids are known outside of doors."""

    location_id: UUID = GYM
    organisation_id: UUID = BRAND
    area_id: UUID | None = None
    city: str = "Berlin"
    tier: int = 2


def some(*values: object) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), st.lists(st.sampled_from(values), unique=True).map(tuple))


clauses = st.builds(
    Clause,
    locations=some(GYM, CLUB),
    organisations=some(BRAND, CHAIN),
    cities=some(*CITIES),
    tier_up_to=st.one_of(st.none(), st.integers(1, 3)),
    areas=some(FLOOR, POOL),
    home=st.booleans(),
)
rules = st.builds(
    Coverage,
    include=st.lists(clauses, max_size=3).map(tuple),
    exclude=st.lists(clauses, max_size=2).map(tuple),
)
places = st.builds(
    Place,
    location_id=st.sampled_from([GYM, CLUB]),
    organisation_id=st.sampled_from([BRAND, CHAIN]),
    area_id=st.sampled_from([None, FLOOR, POOL]),
    city=st.sampled_from(CITIES),
    tier=st.integers(1, 3),
)


@given(rules, places, st.sampled_from([None, GYM, CLUB]))
def test_a_compiled_rule_says_what_the_rule_says(
    rule: Coverage, place: Place, home: UUID | None
) -> None:
    door = Door(
        location_id=place.location_id.bytes,
        organisation_id=place.organisation_id.bytes,
        area_id=None if place.area_id is None else place.area_id.bytes,
        city=place.city,
        tier=place.tier,
        zone="Europe/Berlin",
    )
    compiled = compile_policy(encode_coverage(rule)[1])
    at_the_door = refusal(compiled, door, None if home is None else home.bytes)
    assert at_the_door == refusal(rule, place, home)


@given(clauses, places, st.sampled_from([None, GYM, CLUB]))
def test_what_is_excluded_is_not_covered_however_much_is_included(
    clause: Clause, place: Place, home: UUID | None
) -> None:
    alone = refusal(Coverage(include=(clause,)), place, home)
    taken = refusal(Coverage(include=(Clause(),), exclude=(clause,)), place, home)
    nowhere = clause.areas is not None and place.area_id is None
    assert (taken is None) == (alone is not None or nowhere)


@pytest.mark.parametrize(
    ("clause", "place", "home", "code"),
    [
        (Clause(), Place(), None, None),
        (Clause(locations=(CLUB,)), Place(), None, "LOCATION_NOT_COVERED"),
        (Clause(organisations=(CHAIN,)), Place(), None, "LOCATION_NOT_COVERED"),
        (Clause(cities=("Lyon",)), Place(), None, "LOCATION_NOT_COVERED"),
        (Clause(tier_up_to=2), Place(), None, None),
        (Clause(tier_up_to=1), Place(), None, "TIER_TOO_LOW"),
        (Clause(tier_up_to=1, cities=("Lyon",)), Place(), None, "LOCATION_NOT_COVERED"),
        (Clause(areas=(POOL,)), Place(area_id=FLOOR), None, "ZONE_NOT_COVERED"),
        (Clause(areas=(POOL,)), Place(), None, None),
        (Clause(home=True), Place(), GYM, None),
        (Clause(home=True), Place(), CLUB, "LOCATION_NOT_COVERED"),
        (Clause(home=True), Place(), None, "LOCATION_NOT_COVERED"),
    ],
)
def test_a_rule_says_why_it_does_not_cover(
    clause: Clause, place: Place, home: UUID | None, code: str | None
) -> None:
    assert refusal(Coverage(include=(clause,)), place, home) == code
