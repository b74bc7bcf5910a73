"""Another price for a membership that was sold: for later periods, whoever collects them."""

from datetime import datetime
from uuid import UUID

from contexts.billing import contract
from contexts.billing.test_desk import begin, claims, reach, receive
from contexts.billing.test_kills import only_hear
from contexts.billing.test_left_over import asked
from contexts.billing.test_plan_changes import Change
from contexts.billing.till import FAILS_LATER, Till
from gymhopper.contracts.billing.events import PlanChangeDeclined
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.events import (
    MembershipPriceChangeAnnounced,
    MembershipPriceChanged,
    MembershipPriceChangeWithdrawn,
)
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

OLD, NEW = Money(2990, "EUR"), Money(3490, "EUR")
CHANGE: UUID = new_id()


def announced(purchase: Purchase, at: datetime) -> MembershipPriceChangeAnnounced:
    return MembershipPriceChangeAnnounced(
        membership=contract.state(purchase),
        change_id=CHANGE,
        previous=OLD,
        price=NEW,
        effective_at=at,
    )


def changed(purchase: Purchase, at: datetime) -> MembershipPriceChanged:
    return MembershipPriceChanged(
        membership=contract.state(purchase),
        change_id=CHANGE,
        previous=OLD,
        price=NEW,
        effective_at=at,
    )


async def amounts(till: Till, purchase: Purchase) -> list[int]:
    return [claim["amount"]["amount"] for claim in await claims(till, purchase)]


async def test_a_card_is_charged_the_new_price_from_the_next_period_on(till: Till) -> None:
    purchase = await till.subscribe()
    await till.advance(days=10)
    await till.hear(announced(purchase, till.clock.now()))
    await till.hear(changed(purchase, till.clock.now()))
    await till.hear(changed(purchase, till.clock.now()))
    assert await amounts(till, purchase) == [2990]
    await till.advance(days=25)
    assert await amounts(till, purchase) == [2990, 3490]
    assert (await till.balances())["clearing stripe"] == 6480
    assert await till.broken() == []


async def test_the_new_price_holds_after_a_change_of_plan_that_was_declined_meanwhile(
    till: Till,
) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.advance(days=10)
    event = await asked(Change(till, purchase))
    await only_hear(till, changed(purchase, till.clock.now()))
    await only_hear(till, event)
    await till.settle()
    assert len(await till.events(PlanChangeDeclined)) == 1
    await till.use_card(purchase, "pm_card_visa")
    await till.advance(days=25)
    assert await amounts(till, purchase) == [2990, 3490]


async def test_at_the_desk_a_period_that_is_asked_for_ahead_has_its_own_price(till: Till) -> None:
    purchase, first = await begin(till)
    await receive(till, first["claim_id"])
    begins = datetime.fromisoformat(first["until"])
    await till.hear(announced(purchase, begins))
    await till.advance(days=26)
    assert await amounts(till, purchase) == [2990, 3490]
    await reach(till, begins)
    await till.hear(changed(purchase, begins))
    await till.advance(days=31)
    assert await amounts(till, purchase) == [2990, 3490, 3490]


async def test_a_price_that_was_taken_back_is_never_asked_for(till: Till) -> None:
    purchase, first = await begin(till)
    await receive(till, first["claim_id"])
    await till.hear(announced(purchase, datetime.fromisoformat(first["until"])))
    await till.hear(
        MembershipPriceChangeWithdrawn(membership=contract.state(purchase), change_id=CHANGE)
    )
    await till.advance(days=26)
    assert await amounts(till, purchase) == [2990, 2990]
