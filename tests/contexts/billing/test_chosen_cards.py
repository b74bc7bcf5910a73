"""Of several saved cards the payer says which one is charged."""

from typing import Any

from contexts.billing.till import Till
from contexts.billing.wallet import OTHER, Wallet, debtor, payer, sign_in, tries
from gymhopper.kernel.ids import new_id


async def card(wallet: Wallet, last4: str) -> str:
    return next(str(each["id"]) for each in await wallet.cards() if each["last4"] == last4)


async def charged(till: Till) -> list[Any]:
    """The last digits of the cards that were charged, in order."""
    page = await till.stripe.v1.charges.list_async({"limit": 100})
    cards = [each.payment_method_details for each in reversed(page.data) if each.paid]
    return [each.card.last4 for each in cards if each is not None and each.card is not None]


async def test_the_chosen_card_is_charged_from_then_on(till: Till) -> None:
    ada = await payer(till)
    await ada.add(OTHER)
    await till.settle()
    assert await ada.default() == "4444"
    assert (await ada.choose(await card(ada, "4242"))).status_code == 204
    # Also before the provider has heard of it.
    assert await ada.default() == "4242"
    await till.settle()
    assert await ada.default() == "4242"
    await till.advance(days=32)
    assert await charged(till) == ["4242", "4242"]
    assert await till.broken() == []


async def test_what_could_not_be_collected_is_tried_with_the_chosen_card_once(till: Till) -> None:
    ada = await debtor(till)
    subscription = await till.stripe.v1.subscriptions.retrieve_async(
        await till.subscription_id(ada.purchase)
    )
    await till.stripe.v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": str(subscription.customer)}
    )
    before = await tries(till)
    good = await card(ada, "4242")
    for _ in range(2):
        assert (await ada.choose(good)).status_code == 204
        await till.settle()
    assert await ada.owed() == 0
    assert await tries(till) == before + 1
    assert await till.broken() == []


async def test_a_card_that_is_added_after_the_choice_is_charged(till: Till) -> None:
    ada = await payer(till)
    await ada.choose(await card(ada, "4242"))
    await ada.add(OTHER)
    await till.settle()
    assert await ada.default() == "4444"


async def test_a_chosen_card_that_is_removed_is_charged_no_more(till: Till) -> None:
    ada = await payer(till)
    await ada.add(OTHER)
    await till.settle()
    first = await card(ada, "4242")
    await ada.choose(first)
    assert (await ada.remove(first)).status_code == 204
    await till.settle()
    assert await ada.default() == "4444"
    assert (await ada.choose(first)).status_code == 404


async def test_nobody_chooses_a_card_of_somebody_else(till: Till) -> None:
    ada = await payer(till)
    eve = await payer(till, OTHER, "eve")
    sign_in(till, "bob", new_id())
    theirs = await card(eve, "4444")
    assert (await ada.choose(theirs)).status_code == 404
    assert (await Wallet(till, eve.purchase, "bob").choose(theirs)).status_code == 404
    assert await eve.default() == "4444"
