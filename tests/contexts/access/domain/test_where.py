"""Where a membership is good: areas of a place, and the location that is home."""

from datetime import timedelta
from uuid import UUID

import pytest

from contexts.access.domain.cases import AREA, DAY, HERE, NOON, THERE, ask, door, grant, state
from gymhopper.contexts.access.domain.compiling import compile_grant
from gymhopper.contexts.access.domain.records import Home, milliseconds
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.events import Home as HomeState
from gymhopper.contracts.membership.events import MembershipState
from gymhopper.kernel.ids import new_id

FLOOR, POOL = UUID(bytes=AREA), UUID(bytes=b"b" * 16)


def answer(coverage: Coverage, area: UUID | None, tier: int = 2, **fields: object) -> str:
    place = door(area_id=None if area is None else area.bytes, tier=tier)
    return ask(state(grant(coverage, **fields), coverages=(coverage,), door=place)).code


@pytest.mark.parametrize(
    ("area", "code"), [(FLOOR, "ALLOWED"), (POOL, "ZONE_NOT_COVERED"), (None, "ALLOWED")]
)
def test_a_plan_for_some_areas_opens_those_and_the_way_there(area: UUID | None, code: str) -> None:
    assert answer(Coverage(include=(Clause(areas=(FLOOR,)),)), area) == code


@pytest.mark.parametrize(
    ("area", "code"), [(FLOOR, "ALLOWED"), (POOL, "ZONE_NOT_COVERED"), (None, "ALLOWED")]
)
def test_an_area_that_is_excluded_takes_nothing_else_away(area: UUID | None, code: str) -> None:
    assert answer(Coverage(include=(Clause(),), exclude=(Clause(areas=(POOL,)),)), area) == code


def test_another_clause_may_cover_the_area() -> None:
    both = Coverage(include=(Clause(areas=(FLOOR,)), Clause(areas=(POOL,), tier_up_to=1)))
    assert answer(both, POOL) == "ZONE_NOT_COVERED"
    assert answer(both, POOL, tier=1) == "ALLOWED"


def test_a_tier_is_only_asked_for_where_it_would_help() -> None:
    low = Coverage(include=(Clause(areas=(FLOOR,), tier_up_to=1),))
    assert answer(low, FLOOR) == "TIER_TOO_LOW"
    assert answer(low, POOL) == "LOCATION_NOT_COVERED"


HOME = Coverage(include=(Clause(home=True), Clause(tier_up_to=1)))


def test_home_is_covered_whatever_its_tier_and_other_places_by_theirs() -> None:
    at_home = (Home(HERE, 0),)
    assert answer(HOME, None, tier=9, homes=at_home) == "ALLOWED"
    assert answer(HOME, None, tier=9, homes=(Home(THERE, 0),)) == "TIER_TOO_LOW"
    assert answer(HOME, None, tier=1, homes=(Home(THERE, 0),)) == "ALLOWED"
    assert answer(HOME, None, tier=9) == "TIER_TOO_LOW"


def test_a_home_that_moves_does_so_at_its_instant_without_any_news() -> None:
    only = Coverage(include=(Clause(home=True),))
    moving = (Home(HERE, 0), Home(THERE, milliseconds(NOON)))
    places = [
        state(grant(only, homes=moving), coverages=(only,), door=door(location_id=each))
        for each in (HERE, THERE)
    ]
    before = NOON - timedelta(milliseconds=1)
    assert [ask(each, before).code for each in places] == ["ALLOWED", "LOCATION_NOT_COVERED"]
    assert [ask(each, NOON).code for each in places] == ["LOCATION_NOT_COVERED", "ALLOWED"]


def test_homes_of_the_past_are_not_told_to_doors() -> None:
    homes = [HomeState(location_id=new_id(), start=NOON + day * DAY) for day in (-9, -5, 5)]
    kept = compile_grant(
        MembershipState(
            membership_id=new_id(),
            member_id=new_id(),
            person_id=new_id(),
            organisation_id=new_id(),
            plan_id=new_id(),
            zone="UTC",
            coverage=HOME,
            contract="active",
            start=NOON - 9 * DAY,
            homes=tuple(homes),
        ),
        NOON,
    )
    assert kept is not None
    assert [each.location_id for each in kept.homes] == [x.location_id.bytes for x in homes[1:]]
