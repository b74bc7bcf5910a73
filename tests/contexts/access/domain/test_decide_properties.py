"""What holds for every decision."""

from datetime import datetime

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contexts.access.domain import cases
from contexts.access.domain.cases import changed, states
from gymhopper.contexts.access.domain.codes import ALLOWED, CODES
from gymhopper.contexts.access.domain.decision import Decision, Scan, State, decide
from gymhopper.contexts.access.domain.records import Person, Stop
from gymhopper.contexts.access.domain.usage import Usage

good_scans = st.just(Scan(b"new" + bytes(13), b"d" * 16, "card"))
odd_scans = st.builds(
    Scan,
    decision_id=st.just(b"new" + bytes(13)),
    door_id=st.just(b"d" * 16),
    kind=st.sampled_from(["card", "pass", "palm"]),
    well_formed=st.booleans(),
)
scans = st.one_of(good_scans, good_scans, odd_scans)
many = settings(max_examples=150, deadline=None)


def fresh(state: State) -> State:
    """Without recent answers, which would be repeated."""
    return changed(state, usage=msgspec.structs.replace(state.usage, answers=()))


@many
@given(states, scans, cases.moments)
def test_every_state_has_one_answer_with_a_known_code(
    state: State, scan: Scan, now: datetime
) -> None:
    decision = decide(state, scan, now)
    assert decision.code in CODES
    assert decide(state, scan, now) == decision
    assert (decision.code == ALLOWED) == (decision.outcome == "allow") or decision.repeats
    assert not (decision.open and decision.outcome != "allow")
    packed = msgspec.msgpack.encode(decision.usage)
    assert msgspec.msgpack.decode(packed, type=Usage | None) == decision.usage


@many
@given(states, states, scans, cases.moments)
def test_a_further_grant_never_turns_an_allow_into_a_deny(
    state: State, other: State, scan: Scan, now: datetime
) -> None:
    state = fresh(state)
    if state.person is None or other.person is None:
        return
    more = changed(
        state,
        person=Person(state.person.grants + other.person.grants, state.person.blocks),
        policies={**state.policies, **other.policies},
    )
    assert_never_worse(decide(state, scan, now), decide(more, scan, now))


@many
@given(states, scans, cases.moments, st.data())
def test_wider_rights_never_turn_an_allow_into_a_deny(
    state: State, scan: Scan, now: datetime, data: st.DataObject
) -> None:
    state = fresh(state)
    person = state.person
    if person is None or not person.grants:
        return
    place = data.draw(st.integers(0, len(person.grants) - 1))
    narrow = person.grants[place]
    policy = state.policies.get(narrow.policy)
    kind = data.draw(st.sampled_from(["longer", "earlier", "stops", "include", "quota", "hours"]))
    replace = msgspec.structs.replace
    if kind == "longer":
        wide = replace(narrow, hard_until=narrow.hard_until + data.draw(st.integers(0, 2**40)))
    elif kind == "earlier":
        wide = replace(narrow, start=narrow.start - data.draw(st.integers(0, 2**40)))
    elif kind == "stops" or policy is None:
        wide = replace(narrow, stops=narrow.stops[:-1])
    else:
        anything = next(iter(cases.policies(cases.EVERYWHERE).values())).include
        policy = {
            "include": replace(policy, include=policy.include + anything),
            "quota": replace(policy, quotas=policy.quotas[:-1]),
            "hours": replace(policy, hours=None),
        }[kind]
        wide = replace(narrow, policy=b"wider")
        state = changed(state, policies={**state.policies, b"wider": policy})
    grants = (*person.grants[:place], wide, *person.grants[place + 1 :])
    more = changed(state, person=Person(grants, person.blocks))
    assert_never_worse(decide(state, scan, now), decide(more, scan, now))


@many
@given(states, scans, cases.moments, cases.stops, st.booleans())
def test_a_further_stop_never_turns_a_deny_into_an_allow(
    state: State, scan: Scan, now: datetime, stop: Stop, on_grants: bool
) -> None:
    state = fresh(state)
    person = state.person
    if person is None:
        return
    grants, blocks = person.grants, person.blocks
    if on_grants:
        grants = tuple(msgspec.structs.replace(each, stops=(*each.stops, stop)) for each in grants)
    else:
        blocks = (*blocks, stop)
    less = changed(state, person=Person(grants, blocks))
    assert_never_worse(decide(less, scan, now), decide(state, scan, now))


@many
@given(states, scans, cases.moments)
def test_nothing_is_admitted_at_or_after_the_hard_end(
    state: State, scan: Scan, now: datetime
) -> None:
    decision = decide(fresh(state), scan, now)
    if decision.grant is not None:
        assert decision.grant.start <= decision.at < decision.grant.hard_until
        assert not any(stop.at(decision.at) for stop in decision.grant.stops)


@many
@given(states, scans, cases.moments)
def test_an_admission_is_never_repeated_past_an_end(
    state: State, scan: Scan, now: datetime
) -> None:
    decision = decide(fresh(state), scan, now)
    if decision.usage is None or decision.grant is None:
        return
    for answer in decision.usage.answers:
        if answer.decision_id == decision.decision_id:
            assert answer.reuse_until <= decision.grant.hard_until


@many
@given(states, scans, cases.moments)
def test_all_grants_are_considered_when_all_are_tried(
    state: State, scan: Scan, now: datetime
) -> None:
    decision = decide(fresh(state), scan, now)
    if not decision.considered or state.person is None:
        return
    assert len(decision.considered) == len(state.person.grants)
    if decision.outcome == "deny":
        furthest = max(decision.considered, key=lambda each: each.stage)
        assert decision.code == furthest.code
        assert all(each.code for each in decision.considered)
    else:
        first = next(each for each in decision.considered if each.code is None)
        assert decision.grant is first.grant
        passed = [each.grant.kind for each in decision.considered if each.code is None]
        assert decision.grant.kind == min(passed)


def assert_never_worse(before: Decision, after: Decision) -> None:
    assert not (before.outcome == "allow" and after.outcome == "deny"), (before, after)
