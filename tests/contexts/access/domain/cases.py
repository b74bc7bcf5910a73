"""Values for decisions: plain ones by hand, all kinds of them by Hypothesis."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from gymhopper.contexts.access.domain.codes import CODES
from gymhopper.contexts.access.domain.coverage import compile_policy, encode_coverage
from gymhopper.contexts.access.domain.decision import Decision, Scan, State, decide
from gymhopper.contexts.access.domain.records import (
    Credential,
    Cycle,
    Door,
    Grant,
    GrantKind,
    Home,
    Person,
    Stop,
    milliseconds,
)
from gymhopper.contexts.access.domain.usage import (
    Hold,
    LastAnswer,
    Spending,
    Tally,
    Usage,
    Visit,
)
from gymhopper.contracts.membership.coverage import Clause, Coverage, SpanQuota, VisitQuota
from gymhopper.kernel.calendar import Hours

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday, 13:00 in Berlin
BERLIN = "Europe/Berlin"
EVERYWHERE = Coverage(include=(Clause(),))
DAY = timedelta(days=1)

HERE, THERE = b"l" * 16, b"m" * 16
BRAND = b"o" * 16
AREA = b"a" * 16


def door(**fields: Any) -> Door:
    defaults: dict[str, Any] = {
        "location_id": HERE,
        "organisation_id": BRAND,
        "area_id": None,
        "city": "Berlin",
        "tier": 2,
        "zone": BERLIN,
    }
    return Door(**(defaults | fields))


def grant(coverage: Coverage = EVERYWHERE, **fields: Any) -> Grant:
    defaults: dict[str, Any] = {
        "grant_id": b"g" * 16,
        "membership_id": b"M" * 16,
        "organisation_id": b"h" * 16,
        "policy": encode_coverage(coverage)[0],
        "zone": BERLIN,
        "start": milliseconds(NOON - DAY),
        "soft_until": milliseconds(NOON + 30 * DAY),
        "hard_until": milliseconds(NOON + 30 * DAY),
        "end_code": "MEMBERSHIP_EXPIRED",
    }
    return Grant(**(defaults | fields))


def state(*grants: Grant, coverages: tuple[Coverage, ...] = (), **fields: Any) -> State:
    defaults: dict[str, Any] = {
        "door": door(),
        "credential": Credential(b"p" * 16, b"c" * 16),
        "person": Person(grants),
        "policies": policies(EVERYWHERE, *coverages),
        "usage": Usage(),
        "basis": b"1" * 24,
    }
    return State(**(defaults | fields))


def policies(*coverages: Coverage) -> dict[bytes, Any]:
    encoded = (encode_coverage(each) for each in coverages)
    return {name: compile_policy(payload) for name, payload in encoded}


def scan(number: int = 0) -> Scan:
    return Scan(number.to_bytes(16, "big"), b"d" * 16, "card")


def ask(asked: State, now: datetime = NOON) -> Decision:
    return decide(asked, scan(), now)


def changed(asked: State, **fields: Any) -> State:
    return msgspec.structs.replace(asked, **fields)


# Few ids and few instants, so that they meet.
ids = st.sampled_from([bytes([each]) * 16 for each in (*b"lmopMghcd", 1)])
places = st.sampled_from([HERE, THERE])
instants = st.one_of(
    st.integers(-3, 3).map(lambda days: milliseconds(NOON + days * DAY)),
    st.integers(-(2**62), 2**62),
)
zones = st.sampled_from([BERLIN, "Pacific/Apia", "America/St_Johns", "UTC", "Mars/Olympus", ""])
refusals = st.sampled_from([code for code in CODES if code != "ALLOWED"])
hours = st.lists(
    st.builds(
        lambda day, start, length: Hours(day, start, start + length),
        st.integers(1, 7),
        st.integers(0, 1439),
        st.integers(1, 1440),
    ),
    max_size=4,
).map(tuple)
cycles = st.builds(
    Cycle,
    st.integers(-400, 40).map(lambda days: NOON.toordinal() + days) | st.integers(-(10**7), 10**7),
    st.sampled_from(["day", "week", "month", "year"]),
    st.integers(1, 40),
)
stops = st.builds(Stop, refusals, instants, st.none() | instants)
clauses = st.builds(
    Clause,
    locations=st.none() | st.just(()),
    cities=st.none() | st.lists(st.sampled_from(["Berlin", "Bonn"]), max_size=2).map(tuple),
    tier_up_to=st.none() | st.integers(0, 4),
    areas=st.none() | st.just((UUID(bytes=AREA),)),
    home=st.booleans(),
)
quotas = st.builds(
    VisitQuota,
    visits=st.integers(-1, 3),
    per=st.sampled_from(["day", "month"]),
    scope=st.sampled_from(["network", "organisation", "location"]),
)
spans = st.builds(
    SpanQuota,
    visits=st.integers(-1, 3),
    per=st.sampled_from(["week", "period"]),
    scope=st.sampled_from(["network", "organisation", "location"]),
)
coverages = st.builds(
    Coverage,
    include=st.lists(clauses, max_size=3).map(tuple),
    exclude=st.lists(clauses, max_size=1).map(tuple),
    hours=st.none() | hours,
    quotas=st.lists(quotas, max_size=2).map(tuple),
    spans=st.lists(spans, max_size=1).map(tuple),
)
doors = st.builds(
    Door,
    location_id=places,
    organisation_id=ids,
    area_id=st.none() | st.just(AREA) | ids,
    city=st.sampled_from(["Berlin", "Bonn"]),
    tier=st.integers(0, 4),
    zone=zones,
    rollover_hour=st.integers(-1, 25),
    hours=st.none() | hours,
    exceptions=st.dictionaries(
        st.integers(NOON.toordinal() - 1, NOON.toordinal() + 1),
        st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3000)), max_size=2).map(tuple),
        max_size=2,
    ),
    mode=st.sampled_from(["normal"] * 6 + ["lockdown", "out_of_service"]),
    direction=st.sampled_from(["entry"] * 6 + ["exit"]),
    reports_passage=st.booleans(),
    debounce=st.integers(0, 10),
    same_visit=st.integers(0, 4000),
    hold=st.integers(0, 30),
    accepts=st.just(("card", "pass")) | st.just(()),
)
spendings = st.builds(
    Spending,
    ids,
    places,
    ids,
    st.integers(-2, 2).map(lambda days: NOON.toordinal() + days),
    st.integers(-1, 1).map(lambda months: 2026 * 12 + 2 + months),
    st.booleans(),
    *[st.just(0) | st.integers(-2, 40).map(lambda days: NOON.toordinal() + days)] * 2,
    st.none() | ids,
)
tallies = st.builds(
    lambda spending, per, visits: Tally(
        spending.membership_id,
        per,
        spending.period(per),
        spending.location_id,
        spending.organisation_id,
        visits,
    ),
    spendings,
    st.sampled_from(["day", "week", "month", "period"]),
    st.integers(0, 3),
)
answers = st.builds(
    LastAnswer,
    door_id=st.just(b"d" * 16) | ids,
    credential_id=st.just(b"c" * 16) | ids,
    basis=st.sampled_from([b"1" * 24, b"2" * 24]),
    at=instants,
    reuse_until=instants,
    outcome=st.sampled_from(["allow", "deny", "refer"]),
    code=refusals,
    notices=st.just(()),
    decision_id=ids,
    visit_id=st.none() | ids,
    tier_needed=st.none() | st.integers(0, 4),
    passed=st.booleans(),
)
usages = st.builds(
    Usage,
    st.lists(tallies, max_size=4).map(tuple),
    st.lists(st.builds(Hold, ids, ids, ids, instants, spendings), max_size=2).map(tuple),
    st.lists(st.builds(Visit, places, ids, instants), max_size=2).map(tuple),
    st.lists(answers, max_size=1).map(tuple),
)


@st.composite
def wild_states(draw: st.DrawFn) -> State:
    """Any state; most grants find their policy."""
    known = policies(*draw(st.lists(coverages, min_size=1, max_size=3)))
    grants = st.builds(
        Grant,
        grant_id=ids,
        membership_id=ids,
        organisation_id=ids,
        policy=st.sampled_from([*known, b"?"]),
        zone=zones,
        start=instants,
        soft_until=instants,
        hard_until=instants,
        end_code=refusals,
        stops=st.lists(stops, max_size=2).map(tuple),
        kind=st.sampled_from(GrantKind),
        credits=st.none() | st.integers(-1, 3),
        homes=st.lists(st.builds(Home, places, instants), max_size=2).map(tuple),
        cycle=st.none() | cycles,
    )
    person = st.builds(
        Person, st.lists(grants, max_size=3).map(tuple), st.lists(stops, max_size=1).map(tuple)
    )
    credential = st.builds(
        Credential,
        ids,
        st.just(b"c" * 16),
        st.none() | instants,
        st.none() | instants,
        st.booleans(),
    )
    return State(
        door=draw(doors),
        credential=draw(st.none() | credential),
        person=draw(st.none() | person),
        policies=known,
        usage=draw(usages),
        basis=b"1" * 24,
    )


@st.composite
def likely_states(draw: st.DrawFn) -> State:
    """A good card at a working door: what is left to decide are the grants."""
    rules = st.builds(
        Coverage,
        include=st.sampled_from([(Clause(),), (Clause(tier_up_to=2),), (Clause(tier_up_to=1),)]),
        exclude=st.sampled_from([(), (), (Clause(cities=("Bonn",)),)]),
        hours=st.sampled_from([None, None, tuple(Hours(day, 360, 1560) for day in range(1, 8))]),
        quotas=st.lists(quotas, max_size=2).map(tuple),
        spans=st.lists(spans, max_size=1).map(tuple),
    )
    known = policies(*draw(st.lists(rules, min_size=1, max_size=3)))
    away = st.integers(1, 60).map(lambda days: days * DAY)
    grants = st.builds(
        grant,
        grant_id=ids,
        membership_id=st.sampled_from([b"M" * 16, b"m" * 16]),
        policy=st.sampled_from([*known]),
        zone=st.sampled_from([BERLIN, "Pacific/Apia"]),
        start=away.map(lambda before: milliseconds(NOON - before)),
        hard_until=away.map(lambda after: milliseconds(NOON + after)),
        end_code=refusals,
        stops=st.sampled_from([(), (), (Stop("MEMBERSHIP_FROZEN", milliseconds(NOON)),)]),
        kind=st.sampled_from(GrantKind),
        cycle=cycles,
    )
    return State(
        door=door(
            tier=draw(st.integers(1, 3)),
            city=draw(st.sampled_from(["Berlin", "Bonn"])),
            rollover_hour=draw(st.integers(0, 23)),
            reports_passage=draw(st.booleans()),
            same_visit=draw(st.sampled_from([0, 3600])),
        ),
        credential=Credential(b"p" * 16, b"c" * 16),
        person=Person(tuple(draw(st.lists(grants, min_size=1, max_size=3)))),
        policies=known,
        usage=draw(usages),
        basis=b"1" * 24,
    )


states = st.one_of(likely_states(), wild_states())
moments = st.one_of(
    st.integers(-4 * 1440, 4 * 1440).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    st.datetimes(timezones=st.just(UTC)),
)
