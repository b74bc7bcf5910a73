"""What goes back as money and what becomes credit come out of one payment."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from contexts.billing.test_time_given_back import MARCH, VIENNA, paid_claim
from gymhopper.contexts.billing.domain.claim import Refund, ask_refund
from gymhopper.contexts.billing.domain.errors import NotRefundable, OverRefund
from gymhopper.contexts.billing.domain.payment import Payment
from gymhopper.contexts.billing.domain.time_back import give_back
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.period import Period

DAYS = st.tuples(st.just("days"), st.integers(0, 30), st.integers(1, 31))
REFUNDS = st.tuples(
    st.sampled_from(["requested", "pending", "succeeded", "failed", "canceled"]),
    st.integers(1, 100),
    st.just(0),
)


@given(st.lists(DAYS | REFUNDS, max_size=10), st.integers(1, 4000))
def test_in_whatever_order_they_come_to_no_more_than_was_paid(
    steps: list[tuple[str, int, int]], amount: int
) -> None:
    claim = paid_claim(amount)
    payment = Payment(
        id=new_id(),
        claim_id=claim.id,
        organisation_id=claim.organisation_id,
        person_id=claim.person_id,
        provider="manual",
        provider_payment_id="",
        amount=amount,
        currency="EUR",
        paid_at=MARCH.start,
    )
    refunds: list[Refund] = []
    credited = 0
    for what, number, length in steps:
        if what == "days":
            start = MARCH.start + timedelta(days=number)
            credited += give_back(claim, Period(start, start + timedelta(days=length)), VIENNA)
            continue
        try:
            asked = ask_refund(
                claim,
                [payment],
                refunds,
                amount=amount * number // 100 or None,
                access="keep",
                actor="staff",
                now=MARCH.start,
            )
        except (NotRefundable, OverRefund):
            continue
        asked.status = what  # type: ignore[assignment] # one of the five
        refunds.append(asked)
        claim.count_refunds(refunds)
    assert claim.credited == credited
    assert claim.refunded + claim.refunding + credited <= amount
