"""What a membership's state opens, compiled and asked at the door."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from gymhopper.contexts.access.domain.compiling import (
    FORGOTTEN_AFTER,
    SILENCE_ENDS_ACCESS,
    compile_grant,
    compile_person,
)
from gymhopper.contexts.access.domain.coverage import compile_policy, encode_coverage
from gymhopper.contexts.access.domain.decision import Decision, Scan, State, decide
from gymhopper.contexts.access.domain.records import Credential, Door
from gymhopper.contexts.access.domain.usage import Usage
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.events import MembershipState, Overlay

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EVERYWHERE = Coverage(include=(Clause(),))
POLICY, PAYLOAD = encode_coverage(EVERYWHERE)
DOOR = Door(bytes(16), bytes(16), None, "Berlin", 1, "Europe/Berlin", debounce=0)


def membership(**values: object) -> MembershipState:
    return MembershipState(
        **{
            **{
                name: UUID(int=number)
                for number, name in enumerate(
                    ("membership_id", "member_id", "person_id", "organisation_id", "plan_id")
                )
            },
            "zone": "Europe/Berlin",
            "coverage": EVERYWHERE,
            "contract": "active",
            "start": NOON - 30 * DAY,
            "paid_until": NOON + DAY,
            **values,
        }
    )


def at_the_door(state: MembershipState, now: datetime, compiled_at: datetime = NOON) -> Decision:
    seen = State(
        door=DOOR,
        credential=Credential(bytes(16), bytes(16)),
        person=compile_person([state], compiled_at),
        policies={POLICY: compile_policy(PAYLOAD)},
        usage=Usage(),
        basis=bytes(24),
    )
    return decide(seen, Scan(bytes(16), bytes(16), "card"), now)


moments = st.integers(-400, 700).map(lambda days: NOON + days * DAY)
maybe = st.one_of(st.none(), moments)


@st.composite
def overlays(draw: st.DrawFn) -> Overlay:
    start = draw(moments)
    long = draw(st.one_of(st.none(), st.integers(1, 200)))
    return Overlay(
        overlay_id=UUID(int=draw(st.integers(0, 2**64))),
        kind=draw(st.sampled_from(["freeze", "block"])),
        start=start,
        until=None if long is None else start + long * DAY,
    )


memberships = st.builds(
    membership,
    contract=st.sampled_from(["pending", "trialing", "active", "under_notice", "ended"]),
    start=maybe,
    end=maybe,
    end_reason=st.sampled_from([None, "cancelled", "expired", "terminated", "withdrawn"]),
    paid_until=maybe,
    overdue_since=maybe,
    no_entry_from=maybe,
    overlays=st.lists(overlays(), max_size=3).map(tuple),
)


@given(memberships, moments, moments)
def test_no_state_admits_outside_its_dates(
    state: MembershipState, compiled_at: datetime, now: datetime
) -> None:
    if at_the_door(state, now, compiled_at).outcome != "allow":
        return
    assert state.contract != "pending"
    assert state.start is not None
    assert state.start <= now
    assert state.end is None or now < state.end
    assert state.no_entry_from is None or now < state.no_entry_from
    for overlay in state.overlays:
        assert not (overlay.start <= now and (overlay.until is None or now < overlay.until))


@given(memberships, moments, moments)
def test_the_answer_does_not_depend_on_when_it_was_compiled(
    state: MembershipState, compiled_at: datetime, now: datetime
) -> None:
    """No timer has to ring for a door to be right; only what ended long ago is forgotten."""
    assume(state.end is None or compiled_at <= state.end + FORGOTTEN_AFTER)
    early, late = at_the_door(state, now, now), at_the_door(state, now, compiled_at)
    assert early.outcome == late.outcome


@given(memberships, moments)
def test_every_grant_has_an_end(state: MembershipState, now: datetime) -> None:
    grant = compile_grant(state, now)
    assert grant is None or grant.soft_until <= grant.hard_until


def test_a_renewal_whose_news_is_late_costs_nobody_the_door() -> None:
    state = membership()
    answers = [
        (days, decision.outcome, decision.code, decision.notices)
        for days in (0, 2, 5, 30, 32)
        if (decision := at_the_door(state, NOON + days * DAY))
    ]
    assert answers == [
        (0, "allow", "ALLOWED", ()),
        (2, "allow", "ALLOWED", ()),
        (5, "allow", "ALLOWED", ("PAYMENT_GRACE",)),
        (30, "allow", "ALLOWED", ("PAYMENT_GRACE",)),
        (32, "deny", "PAYMENT_PAST_DUE", ()),
    ]


def test_a_freeze_does_not_eat_what_was_paid_for() -> None:
    freeze = Overlay(overlay_id=UUID(int=1), kind="freeze", start=NOON, until=NOON + 60 * DAY)
    back = NOON + 60 * DAY
    assert back > NOON + DAY + SILENCE_ENDS_ACCESS
    assert at_the_door(membership(overlays=(freeze,)), back).code == "ALLOWED"

    charged = msgspec.structs.replace(freeze, stops_billing=False)
    assert at_the_door(membership(overlays=(charged,)), back).code == "PAYMENT_PAST_DUE"


def test_a_freeze_without_an_end_is_never_taken_for_a_debt() -> None:
    freeze = Overlay(overlay_id=UUID(int=1), kind="freeze", start=NOON)
    much_later = NOON + 100 * DAY
    assert at_the_door(membership(overlays=(freeze,)), much_later).code == "MEMBERSHIP_FROZEN"


def test_the_door_says_how_a_contract_ended() -> None:
    over = NOON - DAY
    for reason, code in (
        ("cancelled", "MEMBERSHIP_CANCELLED"),
        ("withdrawn", "MEMBERSHIP_CANCELLED"),
        ("expired", "MEMBERSHIP_EXPIRED"),
    ):
        state = membership(contract="ended", end=over, end_reason=reason)
        assert at_the_door(state, NOON).code == code


def test_a_freeze_that_leaves_access_as_it_is_stops_nobody() -> None:
    open_ended = Overlay(
        overlay_id=UUID(int=1), kind="freeze", start=NOON - DAY, stops_access=False
    )
    assert at_the_door(membership(overlays=(open_ended,)), NOON).code == "ALLOWED"


def test_a_block_is_told_from_a_freeze() -> None:
    for kind, code in (("freeze", "MEMBERSHIP_FROZEN"), ("block", "PERSON_BLOCKED")):
        stopped = Overlay(overlay_id=UUID(int=1), kind=kind, start=NOON - DAY)
        assert at_the_door(membership(overlays=(stopped,)), NOON).code == code
