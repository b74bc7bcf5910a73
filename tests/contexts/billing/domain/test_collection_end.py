"""What the provider says of a subscription's end, also when looks at it arrive in another order."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contexts.billing.samples import MONTHLY
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.provider import ProviderSubscription
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=31)


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


def seen(status: str = "active", **more: Any) -> ProviderSubscription:
    return ProviderSubscription(
        id="sub_1",
        reference=None,
        customer_id="cus_1",
        status=status,
        price_id="price_1",
        price=Money(2990, "EUR"),
        current_period=Period(START, END),
        **more,
    )


def test_an_end_that_came_is_told_once_whatever_older_looks_say_after_it() -> None:
    one = dues()
    assert one.follow(seen(cancel_at=END)) is not None
    ended = one.follow(seen("canceled", ended_at=END))
    assert ended is not None
    assert (ended.ends_at, ended.ended) == (END, True)
    assert one.follow(seen(cancel_at=END)) is None
    assert one.follow(seen("canceled", ended_at=END)) is None


def test_an_end_that_was_set_and_taken_back_is_told_each_time() -> None:
    one = dues()
    told = [one.follow(each) for each in (seen(cancel_at=END), seen(), seen(cancel_at=END))]
    assert [each.ends_at if each else "nothing" for each in told] == [END, None, END]
