"""Time that was paid for and could not be used is credited to whoever paid for it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.billing import contract
from contexts.billing.test_credit import account, at_stripe, left, moved
from contexts.billing.test_desk import claims, joined, receive
from contexts.billing.test_payers import hand_to
from contexts.billing.till import Till
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.cycle import dates, rounded
from gymhopper.contexts.billing.domain.line import Line
from gymhopper.contexts.billing.domain.time_back import give_back
from gymhopper.contracts.billing.events import PaymentSucceeded
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.events import MembershipTimeGivenBack
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

VIENNA = "Europe/Vienna"
MARCH = Period(
    start_of_day(date(2026, 3, 1), VIENNA),
    start_of_day(date(2026, 4, 1), VIENNA),
)


def given_back(
    purchase: Purchase, start: datetime, days: int, cause: Literal["freeze", "lockout"] = "lockout"
) -> MembershipTimeGivenBack:
    return MembershipTimeGivenBack(
        membership=contract.state(purchase),
        start=start,
        until=start + timedelta(days=days),
        days=days,
        cause=cause,
    )


async def test_days_behind_a_closed_door_pay_for_later_ones_at_the_desk(till: Till) -> None:
    purchase = await joined(till)
    told = given_back(purchase, datetime(2026, 3, 8, 10, tzinfo=UTC), 7)
    for _ in range(2):
        await till.hear(told)
    # 7 of March's 31 days.
    assert await moved(till, purchase) == [("granted", 675)]
    await till.advance(days=26)
    _, second = await claims(till, purchase)
    assert (second["amount"]["amount"], second["outstanding"]["amount"]) == (2990, 2990 - 675)
    assert await till.broken() == []


async def test_a_fee_beside_the_period_and_what_went_back_of_it_buy_no_time(till: Till) -> None:
    purchase = await joined(till, joining_fee=Money(5000, "EUR"))
    (first,) = await claims(till, purchase)
    assert first["amount"]["amount"] == 7990
    back = await till.post(f"/claims/{first['claim_id']}/refunds", {"amount": 1000})
    assert back.status_code == 201, back.text
    await till.hear(given_back(purchase, datetime(2026, 3, 8, 10, tzinfo=UTC), 7))
    # 7 of 31 days of what is left of 29.90.
    assert await moved(till, purchase) == [("granted", 449)]


async def test_they_are_taken_off_the_next_charge_of_a_card(till: Till) -> None:
    purchase = await till.subscribe()
    (paid,) = await till.events(PaymentSucceeded)
    await till.hear(given_back(purchase, paid.start + timedelta(days=7), 7, "freeze"))
    amount, placed = await left(till, purchase)
    assert amount == placed == await at_stripe(till, purchase) > 600
    await till.advance(days=32)
    second = (await claims(till, purchase))[1]
    assert (second["status"], second["amount"]["amount"]) == ("paid", 2990)
    assert await left(till, purchase) == (0, 0)
    assert await till.broken() == []


async def test_nobody_is_given_back_what_was_not_paid_for(till: Till) -> None:
    purchase = await joined(till)
    await till.hear(given_back(purchase, datetime(2026, 5, 1, tzinfo=UTC), 7))
    await till.hear(given_back(till.sell(), datetime(2026, 3, 8, tzinfo=UTC), 7))
    assert await till.rows("SELECT 1 FROM billing.credit_movement") == []


async def test_a_period_that_is_not_paid_in_full_gives_nothing_back(till: Till) -> None:
    purchase = await joined(till)
    await till.advance(days=40)
    second = (await claims(till, purchase))[1]
    for _ in range(2):
        await till.hear(given_back(purchase, datetime(2026, 4, 4, 10, tzinfo=UTC), 5))
        assert await moved(till, purchase) == []
        await receive(till, second["claim_id"], 1000)
    await receive(till, second["claim_id"], 990)
    await till.hear(given_back(purchase, datetime(2026, 4, 4, 10, tzinfo=UTC), 5))
    assert [kind for kind, _ in await moved(till, purchase)] == ["granted"]


async def test_the_credit_is_whose_money_it_was_when_somebody_else_pays_by_now(till: Till) -> None:
    purchase = await joined(till)
    before = await account(till, purchase)
    answer = await hand_to(till, purchase, till.memberships.known_payer())
    assert answer.status_code == 200
    await till.hear(given_back(purchase, datetime(2026, 3, 8, 10, tzinfo=UTC), 7))
    found = await till.get(f"/billing-accounts/{before}/credit/movements")
    (granted,) = found.json()["items"]
    assert granted["amount"]["amount"] == 675
    assert granted["membership_id"] == str(purchase.membership_id)
    assert await moved(till, purchase) == []
    assert await till.broken() == []


async def test_a_longer_stretch_from_the_same_day_gives_back_the_days_that_it_adds(
    till: Till,
) -> None:
    purchase = await joined(till)
    start = datetime(2026, 3, 8, 10, tzinfo=UTC)
    await till.hear(given_back(purchase, start, 7, "freeze"))
    await till.hear(given_back(purchase, start, 9, "freeze"))
    # Nine of 31 days.
    assert await moved(till, purchase) == [("granted", 675), ("granted", 868 - 675)]


async def test_days_of_a_freeze_and_of_a_lock_out_are_credited_once(till: Till) -> None:
    purchase = await joined(till)
    await till.hear(given_back(purchase, datetime(2026, 3, 8, 10, tzinfo=UTC), 7))
    await till.hear(given_back(purchase, datetime(2026, 3, 11, 8, tzinfo=UTC), 7, "freeze"))
    # 7 days, then the 3 that were not among them: 10 of 31.
    assert await moved(till, purchase) == [("granted", 675), ("granted", 290)]
    await till.hear(given_back(purchase, datetime(2026, 3, 9, 8, tzinfo=UTC), 5, "freeze"))
    assert len(await moved(till, purchase)) == 2
    assert await till.broken() == []


async def test_by_card_they_are_credited_once_too(till: Till) -> None:
    purchase = await till.subscribe()
    (paid,) = await till.events(PaymentSucceeded)
    first = paid.start + timedelta(days=7)
    await till.hear(given_back(purchase, first, 7, "freeze"))
    once = await at_stripe(till, purchase)
    await till.hear(given_back(purchase, first + timedelta(days=2), 4))
    assert await at_stripe(till, purchase) == once > 0


async def test_frozen_days_that_were_never_charged_are_not_given_back(till: Till) -> None:
    purchase = await joined(till)
    rest = contract.freeze(
        start_of_day(date(2026, 4, 10), VIENNA), start_of_day(date(2026, 4, 20), VIENNA)
    )
    await till.hear(contract.overlaid(purchase, rest))
    await till.advance(days=26)
    second = (await claims(till, purchase))[1]
    assert second["amount"]["amount"] == 1993
    await receive(till, second["claim_id"], 1993)
    await till.hear(given_back(purchase, datetime(2026, 4, 10, 8, tzinfo=UTC), 9))
    assert await moved(till, purchase) == []
    await till.hear(given_back(purchase, datetime(2026, 4, 18, 8, tzinfo=UTC), 4))
    # Two of the twenty days that were charged.
    assert await moved(till, purchase) == [("granted", 199)]


def paid_claim(amount: int = 3100, period: Period = MARCH) -> Claim:
    assert period.until is not None
    about: dict[str, Any] = {"start": period.start, "until": period.until}
    line = Line(kind="period", text="Basic", amount=amount, tax_code="standard", **about)
    return Claim(
        id=new_id(),
        dues_id=new_id(),
        organisation_id=new_id(),
        person_id=new_id(),
        membership_id=new_id(),
        billing_account_id=new_id(),
        subscription_id=None,
        provider="manual",
        provider_invoice_id="",
        lines=(line,),
        amount=amount,
        outstanding=0,
        currency="EUR",
        first=False,
        **about,
    )


_HOURS = st.integers(min_value=-200, max_value=1000)


@given(
    st.lists(st.tuples(_HOURS, st.integers(min_value=0, max_value=600)), max_size=6),
    st.integers(min_value=1, max_value=99_999),
)
def test_whatever_overlaps_every_day_is_worth_itself_once(
    stretches: list[tuple[int, int]], amount: int
) -> None:
    claim, total, days = paid_claim(amount), 0, set()
    for begins, length in stretches:
        start = MARCH.start + timedelta(hours=begins)
        time = Period(start, start + timedelta(hours=length))
        part = give_back(claim, time, VIENNA)
        assert part >= 0
        total += part
        days |= {day for day in dates(time, VIENNA) if day in dates(MARCH, VIENNA)}
    assert set(claim.given_back) == days
    assert len(claim.given_back) == len(days)
    assert total == rounded(amount * len(days), 31) <= amount


@pytest.mark.parametrize(
    ("first", "days", "expected"),
    [
        (date(2026, 3, 1), 31, 3100),
        (date(2026, 3, 1), 1, 100),
        (date(2026, 2, 20), 20, 1100),
        (date(2026, 3, 30), 9, 200),
        (date(2026, 4, 1), 9, 0),
    ],
)
def test_a_period_is_worth_as_much_as_its_days(first: date, days: int, expected: int) -> None:
    time = Period(start_of_day(first, VIENNA), start_of_day(first + timedelta(days=days), VIENNA))
    assert give_back(paid_claim(), time, VIENNA) == expected


def test_a_day_that_was_begun_counts_and_the_last_one_does_not() -> None:
    """Also over the night in which clocks go forward."""
    morning = datetime(2026, 3, 28, 9, tzinfo=UTC)
    two_days = Period(morning, morning + timedelta(days=2))
    assert give_back(paid_claim(), two_days, VIENNA) == 200
    assert give_back(paid_claim(), Period(morning, morning + timedelta(hours=3)), VIENNA) == 0
