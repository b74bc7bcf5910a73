"""The provider collects what the contract says, for as long as it says so."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import stripe

from contexts.billing.contract import ends, freeze, goes_on, is_over, overlaid
from contexts.billing.disturbed import Cut, CutAt, Disturbed, MortalRuntime
from contexts.billing.till import Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.usecases.align_collection import align_collection
from gymhopper.contexts.billing.usecases.follow_contract import contract_ended, contract_ends
from gymhopper.contracts.billing.events import PaymentSucceeded, SubscriptionChanged
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.events import Overlay
from gymhopper.kernel.errors import Unavailable
from gymhopper.kernel.ids import new_id


async def at_stripe(till: Till, purchase: Purchase) -> stripe.Subscription:
    return await till.stripe.v1.subscriptions.retrieve_async(await till.subscription_id(purchase))


async def updates(till: Till) -> int:
    """How often the provider's subscription was changed."""
    page = await till.stripe.v1.events.list_async(
        {"type": "customer.subscription.updated", "limit": 100}
    )
    return len(page.data)


async def test_an_end_of_the_contract_ends_collection_then_and_is_no_news(till: Till) -> None:
    purchase = await till.subscribe()
    end = till.clock.now() + timedelta(days=45)
    await till.hear(ends(purchase, end))
    assert (await at_stripe(till, purchase)).cancel_at == int(end.timestamp())
    assert await till.events(SubscriptionChanged) == []
    await till.advance(days=50)
    (over,) = await till.events(SubscriptionChanged)
    assert (over.ended, over.ends_at) == (True, end)
    assert len(await till.events(PaymentSucceeded)) == 2


async def test_an_end_that_is_taken_back_is_taken_back_at_the_provider(till: Till) -> None:
    purchase = await till.subscribe()
    await till.hear(ends(purchase, till.clock.now() + timedelta(days=20)))
    await till.hear(goes_on(purchase))
    assert (await at_stripe(till, purchase)).cancel_at is None
    assert await till.events(SubscriptionChanged) == []


async def test_an_undo_right_after_the_end_wins_over_the_ends_own_echo(till: Till) -> None:
    purchase = await till.subscribe()
    end = till.clock.now() + timedelta(days=20)
    async with till.runtime.begin(SERVICE) as uow:
        await contract_ends(uow, purchase.membership_id, end)
    (dues,) = await till.rows("SELECT id FROM billing.dues")

    async def undone(method: str) -> None:
        """The provider has the end, we do not know its answer yet: now the person undoes it."""
        if method == "collect_until":
            async with till.runtime.begin(SERVICE) as uow:
                await contract_ends(uow, purchase.membership_id, None)

    provider: Any = Disturbed(till.provider, after=undone)
    await align_collection(till.runtime, provider, dues["id"])
    await till.settle()
    assert (await at_stripe(till, purchase)).cancel_at is None
    assert await till.events(SubscriptionChanged) == []


async def test_what_began_at_the_provider_is_not_told_back_to_it(till: Till) -> None:
    purchase = await till.subscribe()
    await till.stripe.v1.subscriptions.update_async(
        await till.subscription_id(purchase), {"cancel_at_period_end": True}
    )
    await till.settle()
    (changed,) = await till.events(SubscriptionChanged)
    before = await updates(till)
    await till.hear(ends(purchase, changed.ends_at, origin="collection"))
    # A membership that does not say who moved the end means the same by the same end.
    await till.hear(ends(purchase, changed.ends_at))
    assert await updates(till) == before
    assert (await at_stripe(till, purchase)).cancel_at_period_end


async def test_an_end_that_was_set_at_the_provider_outlives_a_freeze(till: Till) -> None:
    purchase = await till.subscribe()
    await till.stripe.v1.subscriptions.update_async(
        await till.subscription_id(purchase), {"cancel_at_period_end": True}
    )
    await till.settle()
    await till.hear(overlaid(purchase, freeze(till.clock.now())))
    found = await at_stripe(till, purchase)
    assert (found.pause_collection is not None, found.cancel_at_period_end) == (True, True)


async def test_a_contract_that_is_over_is_never_charged_again(till: Till) -> None:
    purchase = await till.subscribe()
    await till.hear(is_over(purchase))
    assert (await at_stripe(till, purchase)).status == "canceled"
    await till.hear(is_over(purchase))
    await till.advance(days=70)
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_a_contract_that_ends_before_its_payment_closes_the_page(till: Till) -> None:
    purchase = till.sell()
    page = (await till.checkout(purchase)).json()
    await till.hear(is_over(purchase))
    refused = await till.client.post(page["url"], data={"card": "4242424242424242"})
    assert refused.status_code != 303
    assert await till.events() == []


async def test_a_payment_at_the_very_end_of_the_contract_starts_no_collection(till: Till) -> None:
    purchase = till.sell()
    await till.pay(purchase)
    async with till.runtime.begin(SERVICE) as uow:
        await contract_ended(uow, purchase.membership_id)
    await till.settle()
    assert (await at_stripe(till, purchase)).status == "canceled"


async def test_nothing_is_collected_during_a_freeze_and_collection_resumes_by_itself(
    till: Till,
) -> None:
    purchase = await till.subscribe()
    now = till.clock.now()
    await till.hear(overlaid(purchase, freeze(now + timedelta(days=10), now + timedelta(days=40))))
    assert (await at_stripe(till, purchase)).pause_collection is None
    await till.advance(days=10)
    assert (await at_stripe(till, purchase)).pause_collection is not None
    await till.advance(days=25)
    shown = (await till.get(f"/memberships/{purchase.membership_id}")).json()
    assert [claim["status"] for claim in shown["claims"]] == ["paid"]
    assert shown["subscription"]["collection_paused"]
    await till.advance(days=5)
    assert (await at_stripe(till, purchase)).pause_collection is None
    assert len(await till.events(PaymentSucceeded)) == 2
    await till.advance(days=25)
    assert len(await till.events(PaymentSucceeded)) == 3
    assert await till.events(SubscriptionChanged) == []


async def test_a_freeze_that_is_lifted_early_resumes_collection_at_once(till: Till) -> None:
    purchase = await till.subscribe()
    now = till.clock.now()
    await till.hear(overlaid(purchase, freeze(now)))
    assert (await at_stripe(till, purchase)).pause_collection is not None
    await till.hear(overlaid(purchase))
    assert (await at_stripe(till, purchase)).pause_collection is None
    assert await till.rows("SELECT 1 FROM chassis.timer WHERE name = 'billing.freeze_turns'") == []


async def test_blocks_and_freezes_that_go_on_billing_leave_collection_alone(till: Till) -> None:
    purchase = await till.subscribe()
    now = till.clock.now()
    await till.hear(
        overlaid(
            purchase,
            freeze(now, stops_billing=False),
            Overlay(overlay_id=new_id(), kind="block", start=now),
        )
    )
    assert (await at_stripe(till, purchase)).pause_collection is None
    assert await updates(till) == 0


async def test_news_of_a_membership_that_was_never_paid_here_is_no_concern(till: Till) -> None:
    purchase = till.sell()
    await till.hear(is_over(purchase))
    await till.hear(ends(purchase, till.clock.now()))
    await till.hear(overlaid(purchase, freeze(till.clock.now())))
    assert await till.rows("SELECT 1 FROM jobs.procrastinate_jobs") == []


@pytest.mark.parametrize("wish", ["end", "pause", "stop"])
async def test_an_alignment_that_dies_anywhere_is_finished_by_the_next(
    till: Till, wish: str
) -> None:
    purchase = await till.subscribe()
    end = till.clock.now() + timedelta(days=20)
    events = {
        "end": ends(purchase, end),
        "pause": overlaid(purchase, freeze(till.clock.now())),
        "stop": is_over(purchase),
    }
    (dues,) = await till.rows("SELECT id FROM billing.dues")
    step = 0
    while True:
        cut = CutAt(step)
        provider: Any = Disturbed(till.provider, before=cut, after=cut)
        runtime: Any = MortalRuntime(till.runtime, cut)
        if step == 0:
            # The test plays the job itself.
            async with till.runtime.begin(SERVICE) as uow:
                for handler in billing.subscriptions.handlers[events[wish].type]:
                    await handler(uow, events[wish], None)
        with suppress(Cut):
            await align_collection(runtime, provider, dues["id"])
        if not cut.reached:
            break
        step += 1
    assert step >= 4
    await till.settle()
    found = await at_stripe(till, purchase)
    assert {
        "end": found.cancel_at == int(end.timestamp()),
        "pause": found.pause_collection is not None,
        "stop": found.status == "canceled",
    }[wish]
    (mirror,) = await till.rows("SELECT * FROM billing.subscription")
    assert mirror["status"] == found.status
    assert mirror["collection_paused"] == (wish == "pause")
    assert (mirror["cancel_at"] == end) == (wish == "end")


async def test_a_provider_that_was_down_is_brought_in_line_when_it_is_back(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = await till.subscribe()
    provider = till.provider

    async def down(*_: object, **__: object) -> None:
        raise Unavailable("The payment provider cannot be reached now.")

    with monkeypatch.context() as broken:
        broken.setattr(provider, "pause", down)
        await till.hear(overlaid(purchase, freeze(till.clock.now())))
        # What comes later does not wait behind what failed.
        await till.hear(overlaid(purchase))
        await till.hear(overlaid(purchase, freeze(till.clock.now())))
    assert (await at_stripe(till, purchase)).pause_collection is None
    await till.advance(minutes=1)
    assert (await at_stripe(till, purchase)).pause_collection is not None
