"""From the price that was shown to the first payment."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from contexts.billing.disturbed import Cut, CutAt, Disturbed, MortalRuntime, Pause
from contexts.billing.till import DECLINED, GOOD, Till, other_price
from gymhopper.chassis.auth import AuthSubject
from gymhopper.contexts.billing.usecases.start_checkout import StartCheckout, start_checkout
from gymhopper.contracts.billing.events import PaymentSucceeded
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


async def at_stripe(till: Till) -> dict[str, int]:
    """How many customers, open pages and subscriptions the provider has."""
    v1 = till.stripe.v1
    return {
        "customers": len((await v1.customers.list_async({"limit": 100})).data),
        "pages": len((await v1.checkout.sessions.list_async({"limit": 100})).data),
        "subscriptions": len(
            (await v1.subscriptions.list_async({"limit": 100, "status": "all"})).data
        ),
    }


async def test_a_checkout_ends_in_a_paid_claim_for_the_first_period(till: Till) -> None:
    purchase = await till.subscribe()
    said = await till.events()
    assert [type(each) for each in said] == [PaymentSucceeded]
    paid = said[0]
    assert paid.membership_id == purchase.membership_id
    assert paid.amount == purchase.price
    assert paid.start == till.clock.now()
    assert (paid.until.month, paid.until.day) == (4, 2)


@pytest.mark.parametrize(
    ("price", "interval", "count"),
    [
        (Money(4500, "JPY"), "month", 1),
        (Money(19_900, "ISK"), "year", 1),
        (Money(1999, "USD"), "week", 4),
    ],
)
async def test_what_is_charged_is_what_was_shown_in_any_currency(
    till: Till, price: Money, interval: str, count: int
) -> None:
    await till.subscribe(price=price, interval=interval, interval_count=count)
    (paid,) = await till.events(PaymentSucceeded)
    assert paid.amount == price
    (charge,) = (await till.stripe.v1.charges.list_async()).data
    # Stripe counts krónur in hundredths although they have none.
    assert charge.amount == (price.amount * 100 if price.currency == "ISK" else price.amount)


async def test_a_stale_price_is_refused(till: Till) -> None:
    purchase = till.sell()
    for stale in (other_price(purchase), till.sell(price=Money(2990, "USD"))):
        body = {"amount": stale.price.amount, "currency": stale.price.currency}
        answer = await till.post(
            "/checkouts", {"membership_id": str(purchase.membership_id), "price": body}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "stale_price")
    assert await till.rows("SELECT 1 FROM billing.dues") == []


async def test_a_repeat_gives_the_same_page(till: Till) -> None:
    purchase = till.sell()
    first = await till.checkout(purchase, success_url="http://127.0.0.1/first")
    second = await till.checkout(purchase, success_url="http://127.0.0.1/second")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert await at_stripe(till) == {"customers": 1, "pages": 1, "subscriptions": 0}


async def test_a_double_submit_makes_one_customer_and_one_page(till: Till) -> None:
    purchase = till.sell()
    answers = await asyncio.gather(*(till.checkout(purchase) for _ in range(6)))
    assert {each.status_code for each in answers} == {201}, [each.text for each in answers]
    assert len({each.json()["url"] for each in answers}) == 1
    assert await at_stripe(till) == {"customers": 1, "pages": 1, "subscriptions": 0}
    # And once more with everything but a page that is still open.
    till.clock.advance(timedelta(hours=25))
    later = await asyncio.gather(*(till.checkout(purchase) for _ in range(6)))
    assert {each.status_code for each in later} == {201}, [each.text for each in later]
    assert len({each.json()["url"] for each in later}) == 1
    assert await at_stripe(till) == {"customers": 1, "pages": 2, "subscriptions": 0}


async def test_a_person_with_two_memberships_is_one_customer(till: Till) -> None:
    person_id = new_id()
    for _ in range(2):
        await till.pay(till.sell(person_id=person_id))
    assert await at_stripe(till) == {"customers": 1, "pages": 2, "subscriptions": 2}


def wish(till: Till, purchase: Purchase) -> tuple[AuthSubject, StartCheckout]:
    """Who asks at the desk, and for what."""
    caller = AuthSubject(
        kind="staff", id=new_id(), organisation_id=till.organisation, scopes=frozenset({"*"})
    )
    command = StartCheckout(
        membership_id=purchase.membership_id,
        price=purchase.price,
        success_url="http://127.0.0.1/yes",
        cancel_url="http://127.0.0.1/no",
    )
    return caller, command


async def test_two_that_ask_at_the_same_moment_for_a_new_page_get_one(till: Till) -> None:
    purchase = till.sell()
    await till.checkout(purchase)
    await till.advance(hours=25)
    pause = Pause()
    slow: Any = MortalRuntime(till.runtime, pause)
    first = asyncio.create_task(start_checkout(slow, till.provider, *wish(till, purchase)))
    await pause.reached.wait()
    second = asyncio.create_task(start_checkout(till.runtime, till.provider, *wish(till, purchase)))
    # The second has to wait for the first one's transaction; only then may that be committed.
    async with asyncio.timeout(20):
        while not await till.rows("SELECT 1 FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - a lock in PostgreSQL is no event of ours
            await asyncio.sleep(0.01)
    pause.go_on.set()
    assert (await first).url == (await second).url
    assert (await at_stripe(till))["pages"] == 2


async def test_a_request_that_dies_anywhere_is_finished_by_its_repeat(till: Till) -> None:
    purchase = till.sell()
    caller, command = wish(till, purchase)
    step = 0
    while True:
        cut = CutAt(step)
        runtime: Any = MortalRuntime(till.runtime, cut)
        provider: Any = Disturbed(till.provider, before=cut, after=cut)
        try:
            page = await start_checkout(runtime, provider, caller, command)
        except Cut:
            step += 1
        else:
            break
    assert step >= 6, "two transactions and two calls were all cut"
    assert (await till.checkout(purchase)).json()["url"] == page.url
    assert await at_stripe(till) == {"customers": 1, "pages": 1, "subscriptions": 0}


async def test_a_declined_card_pays_nothing_and_the_page_stays_open(till: Till) -> None:
    purchase = till.sell()
    page = (await till.checkout(purchase)).json()
    assert (await till.client.post(page["url"], data={"card": DECLINED})).status_code != 303
    await till.settle()
    assert await till.events() == []
    assert (await till.client.post(page["url"], data={"card": GOOD})).status_code == 303
    await till.settle()
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_a_page_whose_time_is_over_is_followed_by_another(till: Till) -> None:
    purchase = till.sell()
    first = (await till.checkout(purchase)).json()
    # The sandbox's own clock has not expired it yet: the desk does.
    till.clock.advance(timedelta(hours=25))
    second = (await till.checkout(purchase)).json()
    assert second["url"] != first["url"]
    await till.advance(hours=25)
    third = (await till.checkout(purchase)).json()
    assert third["url"] not in {first["url"], second["url"]}
    assert (await till.client.post(first["url"], data={"card": GOOD})).status_code != 303
    assert (await till.client.post(third["url"], data={"card": GOOD})).status_code == 303
    await till.settle()
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_what_is_paid_already_is_not_paid_again(till: Till) -> None:
    purchase = till.sell()
    await till.pay(purchase)
    # Membership has not heard of the payment yet, and neither have we: the page is the paid one.
    page = await till.checkout(purchase)
    assert page.status_code == 201
    await till.client.post(page.json()["url"], data={"card": GOOD})
    await till.settle()
    again = await till.checkout(purchase)
    assert (again.status_code, again.json()["code"]) == (409, "already_subscribed")
    assert (await at_stripe(till))["subscriptions"] == 1


async def test_a_page_that_was_paid_at_the_last_moment_is_not_followed_by_another(
    till: Till,
) -> None:
    purchase = till.sell()
    await till.pay(purchase)
    # Its webhooks are a day late.
    till.clock.advance(timedelta(hours=25))
    again = await till.checkout(purchase)
    assert (again.status_code, again.json()["code"]) == (409, "already_subscribed")
    await till.settle()
    assert (await at_stripe(till))["subscriptions"] == 1
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_only_what_waits_for_its_first_payment_is_paid_like_this(till: Till) -> None:
    for contract in ("active", "under_notice", "ended"):
        answer = await till.checkout(till.sell(contract=contract))
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_pay"), contract


async def test_a_trial_is_paid_for_while_it_runs_unless_it_only_ends(till: Till) -> None:
    going_on = await till.checkout(till.sell(contract="trialing", trial_days=14))
    assert going_on.status_code == 201, going_on.text
    ending = await till.checkout(till.sell(contract="trialing", trial_days=14, periods=0))
    assert (ending.status_code, ending.json()["code"]) == (409, "nothing_to_pay")


async def test_a_foreign_or_unknown_membership_is_not_found(till: Till) -> None:
    foreign = till.memberships.sell(new_id())
    unknown = other_price(foreign)
    till.memberships.sold.pop(foreign.membership_id)
    assert (await till.checkout(unknown)).status_code == 404
    till.memberships.sold[foreign.membership_id] = foreign
    answer = await till.checkout(foreign)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_platform_administrator_sells_for_anybody(till: Till) -> None:
    foreign = till.memberships.sell(new_id())
    body = {
        "membership_id": str(foreign.membership_id),
        "price": {"amount": 2990, "currency": "EUR"},
    }
    assert (await till.post("/checkouts", body, "admin")).status_code == 201


_MEMBERSHIP = str(new_id())
_PRICE = {"amount": 2990, "currency": "EUR"}


BAD_BODIES: list[object] = [
    {},
    [],
    {"membership_id": "x", "price": _PRICE},
    {"membership_id": _MEMBERSHIP},
    {"membership_id": _MEMBERSHIP, "price": 2990},
    {"membership_id": _MEMBERSHIP, "price": {**_PRICE, "amount": "2990"}},
    {"membership_id": _MEMBERSHIP, "price": {**_PRICE, "amount": 29.9}},
    {"membership_id": _MEMBERSHIP, "price": {**_PRICE, "amount": -1}},
    {"membership_id": _MEMBERSHIP, "price": {**_PRICE, "amount": 10**30}},
    {"membership_id": _MEMBERSHIP, "price": {**_PRICE, "currency": "euro"}},
    {"membership_id": _MEMBERSHIP, "price": {**_PRICE, "currency": "EUR\n"}},
    {"membership_id": _MEMBERSHIP, "price": _PRICE, "success_url": "javascript:alert(1)"},
    {"membership_id": _MEMBERSHIP, "price": _PRICE, "extra": 1},
]


async def test_a_bad_body_is_refused_by_name(till: Till) -> None:
    for body in BAD_BODIES:
        answer = await till.post("/checkouts", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), body


async def test_malformed_json_bad_ids_and_missing_scopes_are_refused(till: Till) -> None:
    headers = {"Authorization": "Bearer desk", "Content-Type": "application/json"}
    answer = await till.client.post("/api/v1/payments/checkouts", content="{", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert (await till.get("/memberships/x")).status_code == 422
    assert (await till.get(f"/memberships/{new_id()}")).status_code == 404
    for amount in (0, -5, 1.5, "1", 10**40):
        answer = await till.post(f"/claims/{new_id()}/refunds", {"amount": amount})
        assert answer.status_code == 422
    assert (await till.post("/claims/x/refunds", {})).status_code == 422
    refused = await till.post("/checkouts", {}, "reader")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert (await till.client.post("/api/v1/payments/checkouts", json={})).status_code == 401
