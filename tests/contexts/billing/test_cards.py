"""Cards that a payer is charged by: seen, added, and what could not be collected tried again."""

import asyncio

from contexts.billing.till import FAILS_LATER, GOOD, Till
from contexts.billing.wallet import OTHER, Wallet, debtor, payer, sign_in, tries
from gymhopper.contexts.billing.usecases.reconcile import reconcile
from gymhopper.contracts.billing.events import DebtChanged, PaymentFailed, PaymentSucceeded
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.sandbox.stripe.account import API_KEY, MOUNT

NOTHING = Money(0, "EUR")


async def test_a_payer_sees_the_card_that_is_charged(till: Till) -> None:
    ada = await payer(till)
    (card,) = await ada.cards()
    assert card == {
        "id": card["id"],
        "brand": "visa",
        "last4": "4242",
        "expires": "2060-12",
        "is_default": True,
    }
    assert await Wallet(till, ada.purchase, "desk").cards() == [card]


async def test_whoever_pays_at_the_desk_has_no_cards_and_adds_none(till: Till) -> None:
    purchase = till.sell()
    price = {"amount": purchase.price.amount, "currency": purchase.price.currency}
    path = f"/memberships/{purchase.membership_id}"
    assert (await till.post(f"{path}/desk", {"price": price})).status_code == 201
    wallet = Wallet(till, purchase)
    assert await wallet.cards() == []
    refused = await till.post(f"{path}/means", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_by_card")


async def test_cards_of_others_and_of_nobody_are_not_found(till: Till) -> None:
    ada = await payer(till)
    (card,) = await ada.cards()
    sign_in(till, "eve", new_id())
    eve = await payer(till, OTHER, "bob")
    unknown = f"/memberships/{new_id()}"
    for path, who in [
        (ada.path, "eve"),
        (ada.path, "bob"),
        (ada.path, "stranger"),
        (unknown, "ada"),
    ]:
        assert (await till.get(f"{path}/means", who)).status_code == 404
        assert (await till.post(f"{path}/means", {}, who)).status_code == 404
        assert (await till.post(f"{path}/portal", {}, who)).status_code in {403, 404}
    assert (await eve.remove(card["id"])).status_code == 404
    assert (await ada.remove("pm_nobody")).status_code == 404
    assert (await ada.remove("pm%00")).status_code == 422
    assert [each["id"] for each in await ada.cards()] == [card["id"]]


async def test_while_the_provider_is_away_cards_cannot_be_seen(till: Till) -> None:
    ada = await payer(till)
    await till.client.post(
        f"{MOUNT}/faults",
        data={"kind": "error", "path": "/v1/payment_methods", "times": "3"},
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
    away = await till.get(f"{ada.path}/means", "ada")
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")


async def test_a_new_card_is_charged_from_then_on(till: Till) -> None:
    ada = await payer(till)
    await ada.add(OTHER)
    await till.settle()
    assert [(card["last4"], card["is_default"]) for card in await ada.cards()] == [
        ("4444", True),
        ("4242", False),
    ]
    await till.advance(days=31)
    assert len(await till.events(PaymentSucceeded)) == 2
    assert await till.broken() == []


async def test_a_new_card_pays_at_once_what_the_old_one_did_not(till: Till) -> None:
    ada = await debtor(till)
    before = await tries(till)
    await ada.add(GOOD)
    await till.settle()
    assert await ada.owed() == 0
    assert [claim["status"] for claim in await ada.claims()] == ["paid", "paid"]
    assert len(await till.events(PaymentSucceeded)) == 2
    assert (await till.events(DebtChanged))[-1].owed == NOTHING
    assert await tries(till) == before + 1
    # Nor is it charged again by what the provider had planned for the days after.
    await till.advance(days=10)
    assert await tries(till) == before + 1
    assert await till.broken() == []


async def test_a_new_card_that_is_declined_changes_nothing_and_is_tried_once(till: Till) -> None:
    ada = await debtor(till)
    before, told = await tries(till), await till.events()
    await ada.add(FAILS_LATER)
    await till.settle()
    assert await tries(till) == before + 1
    assert await till.events() == told
    assert [claim["status"] for claim in await ada.claims()] == ["paid", "failed"]
    assert len(await till.events(PaymentFailed)) == 1


async def test_a_card_of_which_no_webhook_told_is_found_by_comparing(till: Till) -> None:
    ada = await debtor(till)
    await ada.add(GOOD)
    unheard = till.stripe.v1.events.list_async({"type": "checkout.session.completed", "limit": 1})
    (event,) = (await unheard).data
    await till.rows("DELETE FROM sandbox_stripe.delivery RETURNING id")
    assert event.type == "checkout.session.completed"
    report = await reconcile(till.runtime, till.provider)
    assert [found.kind for found in report.findings] == ["checkout"]
    await till.settle()
    assert await ada.owed() == 0
    assert await ada.default() == "4242"


async def test_without_a_new_card_nothing_is_tried_again_by_us(till: Till) -> None:
    ada = await debtor(till)
    before = await tries(till)
    (account,) = await till.rows("SELECT provider_customer_id AS id FROM billing.billing_account")
    # News of the customer that are not about cards.
    await till.stripe.v1.customers.update_async(account["id"], {"description": "moved"})
    await till.settle()
    assert await tries(till) == before
    assert await ada.owed() == 2990


async def test_asking_twice_gives_one_page_and_one_card(till: Till) -> None:
    ada = await payer(till)
    first, second = await asyncio.gather(ada.page(), ada.page())
    assert first == second == await ada.page()
    await ada.enter(first, OTHER)
    await ada.enter(first, OTHER)
    await till.settle()
    assert [card["last4"] for card in await ada.cards()] == ["4444", "4242"]
