"""What is owed, since when, and what can go back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.billing.samples import MONTHLY
from gymhopper.contexts.billing.domain.claim import Claim, Refund, ask_refund
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import NotRefundable, OverRefund
from gymhopper.contexts.billing.domain.payment import Payment
from gymhopper.contexts.billing.domain.provider import ProviderInvoice
from gymhopper.contracts.billing.events import DebtChanged, PaymentFailed, PaymentSucceeded
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

START = datetime(2026, 3, 1, tzinfo=UTC)
PERIOD = Period(START, START + timedelta(days=31))


def dues() -> Dues:
    return Dues(
        id=new_id(),
        organisation_id=new_id(),
        person_id=new_id(),
        membership_id=new_id(),
        billing_account_id=new_id(),
        terms=MONTHLY,
        currency="EUR",
    )


def claim(of: Dues, amount: int = 2990) -> Claim:
    return Claim(
        id=new_id(),
        dues_id=of.id,
        organisation_id=of.organisation_id,
        person_id=of.person_id,
        membership_id=of.membership_id,
        billing_account_id=of.billing_account_id,
        subscription_id=None,
        provider="stripe",
        provider_invoice_id=f"in_{new_id().hex}",
        amount=amount,
        outstanding=amount,
        currency="EUR",
        start=PERIOD.start,
        until=PERIOD.start,
        first=False,
    )


def invoice(
    status: str, *, attempts: int = 1, amount: int = 2990, paid: int = 0
) -> ProviderInvoice:
    return ProviderInvoice(
        id="in_1",
        subscription_id="sub_1",
        status=status,  # type: ignore[arg-type] # one of the five
        amount=Money(amount, "EUR"),
        outstanding=0 if status in {"paid", "void"} else amount - paid,
        period=PERIOD,
        attempts=attempts,
        first=False,
        paid_at=START if status == "paid" else None,
    )


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (invoice("draft", attempts=0), "open"),
        (invoice("open", attempts=0), "open"),
        (invoice("open", attempts=1), "failed"),
        (invoice("uncollectible"), "failed"),
        (invoice("paid"), "paid"),
        (invoice("void"), "void"),
    ],
)
def test_a_claim_fails_only_when_collecting_it_was_tried(
    found: ProviderInvoice, status: str
) -> None:
    one = claim(dues())
    one.follow(found, [], MONTHLY, 1, START)
    assert one.status == status


def test_a_partly_paid_claim_owes_the_rest() -> None:
    whole = dues()
    one = claim(whole)
    one.follow(invoice("open", paid=1000), [], MONTHLY, 1, START)
    assert whole.count_debt([one]) == DebtChanged(
        membership_id=whole.membership_id, owed=Money(1990, "EUR"), overdue_since=START
    )


def test_the_clock_runs_from_the_oldest_open_failure_and_moves_on_when_that_is_paid() -> None:
    whole = dues()
    older, newer = claim(whole), claim(whole)
    older.follow(invoice("open"), [], MONTHLY, 1, START)
    newer.follow(invoice("open"), [], MONTHLY, 2, START + timedelta(days=30))
    whole.count_debt([older, newer])
    assert (whole.owed, whole.overdue_since) == (5980, START)
    older.follow(invoice("paid"), [], MONTHLY, 3, START + timedelta(days=31))
    whole.count_debt([older, newer])
    assert (whole.owed, whole.overdue_since) == (2990, START + timedelta(days=30))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["open", "paid", "void", "uncollectible"]),
            st.integers(0, 3),
        ),
        max_size=12,
    )
)
def test_the_debt_clock_is_right_after_every_step(steps: list[tuple[int, str, int]]) -> None:
    whole = dues()
    claims = [claim(whole) for _ in range(3)]
    first_failure: dict[int, datetime] = {}
    paid = 0
    before: tuple[int, datetime | None] = (0, None)
    for number, (which, status, attempts) in enumerate(steps):
        now = START + timedelta(hours=number)
        if claims[which].status == "paid":
            continue  # an invoice that was paid stays so
        found = invoice(status, attempts=attempts)
        said = claims[which].follow(found, [], MONTHLY, number + 1, now)
        assert said is not None
        paid += sum(isinstance(each, PaymentSucceeded) for each in said)
        if any(isinstance(each, PaymentFailed) for each in said):
            assert which not in first_failure
            first_failure[which] = now
        changed = whole.count_debt(claims)
        failed = [index for index, each in enumerate(claims) if each.status == "failed"]
        assert whole.owed == sum(claims[index].outstanding for index in failed)
        assert whole.overdue_since == min((first_failure[i] for i in failed), default=None)
        present = (whole.owed, whole.overdue_since)
        assert (changed is None) == (present == before)
        before = present
    assert paid == sum(each.status == "paid" for each in claims)


def payments(of: Claim, *amounts: int) -> list[Payment]:
    return [
        Payment(
            id=new_id(),
            claim_id=of.id,
            organisation_id=of.organisation_id,
            person_id=of.person_id,
            provider="stripe",
            provider_payment_id=f"pi_{number}",
            amount=amount,
            currency="EUR",
            paid_at=START,
        )
        for number, amount in enumerate(amounts)
    ]


@given(
    st.lists(st.integers(1, 5000), min_size=1, max_size=3),
    st.lists(
        st.tuples(
            st.none() | st.integers(1, 6000),
            st.sampled_from(["requested", "pending", "succeeded", "failed", "canceled"]),
        ),
        max_size=12,
    ),
)
def test_no_row_of_refunds_gives_back_more_than_came_in(
    amounts: list[int], wishes: list[tuple[int | None, str]]
) -> None:
    one = claim(dues(), sum(amounts))
    came_in = payments(one, *amounts)
    refunds: list[Refund] = []
    for amount, becomes in wishes:
        try:
            refund = ask_refund(
                one, came_in, refunds, amount=amount, access="keep", actor="staff", now=START
            )
        except (OverRefund, NotRefundable):
            continue
        assert refund.amount > 0
        refund.status = becomes  # type: ignore[assignment] # one of the five
        refunds.append(refund)
    one.count_refunds(refunds)
    assert one.refunded + one.refunding <= sum(amounts)
    for payment in came_in:
        under_way = [
            r.amount
            for r in refunds
            if r.payment_id == payment.id and r.status not in {"failed", "canceled"}
        ]
        assert sum(under_way) <= payment.amount
