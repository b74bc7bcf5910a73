"""Cards that are removed, pages that come in any order, and a process that dies in between."""

import asyncio

import pytest

from contexts.billing.disturbed import Cut, CutAt, Disturbed, MortalRuntime
from contexts.billing.till import GOOD, Till
from contexts.billing.wallet import OTHER, debtor, payer, tries
from gymhopper.contexts.billing.usecases.follow_cards import follow_cards
from gymhopper.contracts.billing.events import PaymentSucceeded
from gymhopper.sandbox.stripe.webhooks.delivery import Unruliness, WebhookDelivery

NO_MORE_THAN = 30
"""So many steps a walk through all of it has at most."""


async def test_the_last_card_stays_while_something_is_collected_by_it(till: Till) -> None:
    ada = await payer(till)
    (card,) = await ada.cards()
    refused = await ada.remove(card["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "means_in_use")
    await ada.add(OTHER)
    await till.settle()
    # Of two that are removed at once, one stays.
    answers = await asyncio.gather(*(ada.remove(each["id"]) for each in await ada.cards()))
    assert sorted(each.status_code for each in answers) == [204, 409]
    await till.settle()
    assert [each["is_default"] for each in await ada.cards()] == [True]
    await till.advance(days=31)
    assert len(await till.events(PaymentSucceeded)) == 2


async def test_where_nothing_is_collected_any_more_the_last_card_may_go(till: Till) -> None:
    ada = await payer(till)
    await till.stripe.v1.subscriptions.cancel_async(await till.subscription_id(ada.purchase))
    await till.settle()
    (card,) = await ada.cards()
    assert (await ada.remove(card["id"])).status_code == 204
    assert await ada.cards() == []
    await till.settle()
    assert (await ada.remove(card["id"])).status_code == 404
    found = await till.stripe.v1.payment_methods.retrieve_async(card["id"])
    assert found.customer is None


async def test_what_is_owed_after_the_end_keeps_the_last_card(till: Till) -> None:
    ada = await debtor(till)
    await till.stripe.v1.subscriptions.cancel_async(await till.subscription_id(ada.purchase))
    await till.settle()
    (card,) = await ada.cards()
    assert (await ada.remove(card["id"])).json()["code"] == "means_in_use"


async def test_the_card_of_the_page_that_was_opened_last_is_charged(till: Till) -> None:
    ada = await payer(till)
    first = await ada.page()
    await ada.enter(first, OTHER)
    # Nobody has told us of it yet, so it is asked for when the next page is wanted.
    second = await ada.page()
    assert second["page_id"] != first["page_id"]
    await ada.enter(second, GOOD)
    (page,) = await till.rows(
        "SELECT provider_id FROM billing.card_page WHERE id = :id", id=second["page_id"]
    )
    found = await till.stripe.v1.checkout.sessions.retrieve_async(
        page["provider_id"], {"expand": ["setup_intent"]}
    )
    # The news of both come twice, and in any order.
    unruly = WebhookDelivery(till.runtime, Unruliness(shuffle=True, duplicate=0.9), seed=4)
    await till.settle(unruly)
    await unruly.close()
    (charged,) = [card for card in await ada.cards() if card["is_default"]]
    assert found.setup_intent is not None
    assert charged["id"] == str(getattr(found.setup_intent, "payment_method", None))
    assert len(await ada.cards()) == 3


async def test_a_card_changed_in_the_providers_portal_pays_what_is_owed(till: Till) -> None:
    ada = await debtor(till)
    before = await tries(till)
    opened = await till.post(f"{ada.path}/portal", {}, "ada")
    assert opened.status_code == 200, opened.text
    saved = await till.client.post(f"{opened.json()['url']}/card", data={"card": GOOD})
    assert saved.status_code == 303
    await till.settle()
    assert await ada.owed() == 0
    assert await tries(till) == before + 1
    assert (await till.post(f"{ada.path}/portal", {})).json()["code"] == "payer_only"


async def test_an_open_claim_is_paid_on_its_page_at_once(till: Till) -> None:
    ada = await debtor(till)
    paid, failed = await ada.claims()
    page = await till.post(f"/claims/{failed['claim_id']}/page", {}, "ada")
    assert page.status_code == 200, page.text
    done = await till.client.post(page.json()["url"], data={"card": GOOD})
    assert done.status_code == 303
    await till.settle()
    assert await ada.owed() == 0
    assert await till.broken() == []
    for claim in (paid, failed):
        again = await till.post(f"/claims/{claim['claim_id']}/page", {}, "ada")
        assert (again.status_code, again.json()["code"]) == (409, "nothing_to_pay")
    assert (
        await till.post(f"/claims/{failed['claim_id']}/page", {}, "stranger")
    ).status_code == 404


async def test_what_the_desk_collects_has_no_page(till: Till) -> None:
    purchase = till.sell()
    price = {"amount": purchase.price.amount, "currency": purchase.price.currency}
    shown = await till.post(f"/memberships/{purchase.membership_id}/desk", {"price": price})
    claim = shown.json()["claims"][0]["claim_id"]
    refused = await till.post(f"/claims/{claim}/page", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_by_card")


@pytest.mark.parametrize("removes", [False, True])
async def test_killed_at_any_step_it_comes_to_the_same_and_charges_once(
    till: Till, removes: bool
) -> None:
    ada = await debtor(till)
    before = await tries(till)
    await ada.add(OTHER)
    if removes:
        old = next(card for card in await ada.cards() if card["last4"] == "0341")
        assert (await ada.remove(old["id"])).status_code == 204
    await till.deliver()
    # The page is known to be completed, what follows from it has not begun.
    (page,) = await till.rows("SELECT id, billing_account_id FROM billing.card_page")
    (session,) = (await till.stripe.v1.checkout.sessions.list_async({"limit": 1})).data
    full = await till.provider.checkout(session.id)
    assert full is not None
    await till.rows(
        "UPDATE billing.card_page SET status = 'complete', card_id = :card RETURNING id",
        card=full.card_id,
    )
    died = 0
    for step in range(NO_MORE_THAN):
        cut = CutAt(step)
        mortal: object = MortalRuntime(till.runtime, cut)
        provider: object = Disturbed(till.provider, before=cut, after=cut)
        try:
            await follow_cards(mortal, provider, page["billing_account_id"])  # type: ignore[arg-type]  # both stand in for the real ones
        except Cut:
            died += 1
            continue
        break
    assert died > (8 if removes else 4)
    await till.settle()
    assert await ada.owed() == 0
    assert await tries(till) == before + 1
    assert await ada.default() == "4444"
    assert len(await ada.cards()) == (1 if removes else 2)
    assert await till.broken() == []
