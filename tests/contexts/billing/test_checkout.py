"""From the price that was shown to the first payment."""

from contexts.billing.till import Till
from gymhopper.contracts.billing.events import PaymentSucceeded


async def test_a_checkout_ends_in_a_paid_claim_for_the_first_period(till: Till) -> None:
    purchase = await till.subscribe()
    said = await till.events()
    assert [type(each) for each in said] == [PaymentSucceeded]
    paid = said[0]
    assert paid.membership_id == purchase.membership_id
    assert paid.amount == purchase.price
    assert paid.start == till.clock.now()
    assert (paid.until.month, paid.until.day) == (4, 2)
