"""A customer looks after their own plan, card and invoices."""

from datetime import timedelta
from typing import Any

import pytest
import stripe

from sandbox.stripe.harness import Sandbox, refusal


async def _visit(sandbox: Sandbox, customer: str, **changes: Any) -> stripe.billing_portal.Session:
    return await sandbox.client.v1.billing_portal.sessions.create_async(
        {"customer": customer, "return_url": "http://127.0.0.1/back", **changes}  # type: ignore[typeddict-item] # tests vary the parameters freely
    )


async def _member(sandbox: Sandbox, **changes: Any) -> tuple[stripe.Subscription, str]:
    subscription = await sandbox.subscribe(customer_email="ada@example.com", **changes)
    return subscription, str(subscription.customer)


async def _now(sandbox: Sandbox, subscription: stripe.Subscription) -> stripe.Subscription:
    return await sandbox.client.v1.subscriptions.retrieve_async(subscription.id)


async def test_the_portal_shows_plan_card_and_invoices(sandbox: Sandbox) -> None:
    _, customer = await _member(sandbox)
    visit = await _visit(sandbox, customer)
    page = await sandbox.browser.get(visit.url)
    assert page.status_code == 200
    for text in ("Basic", "29.90 EUR", "every month", "Renews on", "Visa ending in 4242", "paid"):
        assert text in page.text
    types = [each["type"] for each in await sandbox.deliver()]
    assert types[-2:] == [
        "billing_portal.configuration.created",
        "billing_portal.session.created",
    ]


async def test_canceling_in_the_portal_sets_a_date_and_no_flag(sandbox: Sandbox) -> None:
    subscription, customer = await _member(sandbox)
    end = subscription["items"].data[0].current_period_end
    visit = await _visit(sandbox, customer)
    await sandbox.deliver()
    asked = await sandbox.browser.get(f"{visit.url}/subscriptions/{subscription.id}")
    assert "Cancel Basic?" in asked.text
    done = await sandbox.browser.post(
        f"{visit.url}/subscriptions/{subscription.id}",
        data={"do": "cancel", "feedback": "too_expensive"},
    )
    assert (done.status_code, done.headers["location"]) == (303, visit.url)
    now = await _now(sandbox, subscription)
    assert (now.status, now.cancel_at, now.cancel_at_period_end) == ("active", end, False)
    assert now.cancellation_details is not None
    assert now.cancellation_details.feedback == "too_expensive"
    event = (await sandbox.deliver())[-1]
    assert event["type"] == "customer.subscription.updated"
    assert event["data"]["previous_attributes"]["cancel_at"] is None
    assert "Ends on" in (await sandbox.browser.get(visit.url)).text
    sandbox.clock.advance(timedelta(days=40))
    await sandbox.bill()
    assert (await _now(sandbox, subscription)).status == "canceled"
    invoices = await sandbox.client.v1.invoices.list_async({"subscription": subscription.id})
    assert len(invoices.data) == 1


async def test_who_changes_their_mind_keeps_the_plan(sandbox: Sandbox) -> None:
    subscription, customer = await _member(sandbox)
    visit = await _visit(sandbox, customer)
    url = f"{visit.url}/subscriptions/{subscription.id}"
    await sandbox.browser.post(url, data={"do": "cancel"})
    await sandbox.browser.post(url, data={"do": "keep"})
    now = await _now(sandbox, subscription)
    assert (now.cancel_at, now.canceled_at) == (None, None)
    sandbox.clock.advance(timedelta(days=40))
    await sandbox.bill()
    assert (await _now(sandbox, subscription)).status == "active"


async def test_a_new_card_pays_from_now_on(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    subscription, customer = await _member(sandbox)
    visit = await _visit(sandbox, customer)
    refused = await sandbox.browser.post(f"{visit.url}/card", data={"card": "4000000000000069"})
    assert refused.status_code == 402
    assert "Your card has expired." in refused.text
    odd = await sandbox.browser.post(f"{visit.url}/card", data={"card": "1"})
    assert odd.status_code == 402
    saved = await sandbox.browser.post(f"{visit.url}/card", data={"card": "5555555555554444"})
    assert saved.headers["location"] == visit.url
    now = await _now(sandbox, subscription)
    assert now.default_payment_method != subscription.default_payment_method
    owner = await v1.customers.retrieve_async(customer)
    assert owner.invoice_settings is not None
    assert owner.invoice_settings.default_payment_method == now.default_payment_method
    assert "Mastercard ending in 4444" in (await sandbox.browser.get(visit.url)).text
    sandbox.clock.advance(timedelta(days=40))
    await sandbox.bill()
    charge = (await v1.charges.list_async({"customer": customer})).data[0]
    assert charge.payment_method == now.default_payment_method


@pytest.mark.parametrize("outcome", ["complete", "fail"])
async def test_a_new_card_may_ask_its_holder_first(sandbox: Sandbox, outcome: str) -> None:
    subscription, customer = await _member(sandbox)
    visit = await _visit(sandbox, customer)
    asked = await sandbox.browser.post(f"{visit.url}/card", data={"card": "4000002500003155"})
    url = asked.headers["location"]
    answered = await sandbox.browser.post(url, data={"outcome": outcome})
    changed = (await _now(sandbox, subscription)).default_payment_method
    if outcome == "complete":
        assert answered.headers["location"] == visit.url
        assert changed != subscription.default_payment_method
    else:
        assert answered.headers["location"] == f"{visit.url}/card"
        assert changed == subscription.default_payment_method
    assert (await sandbox.browser.get(url)).status_code == 200


async def test_a_visit_may_be_for_one_thing(sandbox: Sandbox) -> None:
    subscription, customer = await _member(sandbox)
    after = {"type": "redirect", "redirect": {"return_url": "http://127.0.0.1/changed"}}
    visit = await _visit(
        sandbox, customer, flow_data={"type": "payment_method_update", "after_completion": after}
    )
    assert (await sandbox.browser.get(visit.url)).headers["location"] == f"{visit.url}/card"
    saved = await sandbox.browser.post(f"{visit.url}/card", data={"card": "4242424242424242"})
    assert saved.headers["location"] == "http://127.0.0.1/changed"
    ending = {
        "type": "subscription_cancel",
        "subscription_cancel": {"subscription": subscription.id},
    }
    visit = await _visit(sandbox, customer, flow_data=ending)
    step = (await sandbox.browser.get(visit.url)).headers["location"]
    assert step == f"{visit.url}/subscriptions/{subscription.id}"
    done = await sandbox.browser.post(step, data={"do": "cancel"})
    assert (await sandbox.browser.get(done.headers["location"])).status_code == 200
    error = await refusal(_visit(sandbox, customer, flow_data=ending))
    assert error.http_status == 400


async def test_a_portal_offers_what_its_configuration_says(sandbox: Sandbox) -> None:
    portal = sandbox.client.v1.billing_portal
    subscription, customer = await _member(sandbox)
    made = await portal.configurations.create_async(
        {"features": {"invoice_history": {"enabled": True}}, "metadata": {"for": "members"}}
    )
    assert made.features.subscription_cancel.enabled is False
    visit = await _visit(sandbox, customer, configuration=made.id)
    page = (await sandbox.browser.get(visit.url)).text
    assert "Invoices" in page
    assert "Cancel Basic" not in page
    url = f"{visit.url}/subscriptions/{subscription.id}"
    for path in (url, f"{visit.url}/card"):
        assert (await sandbox.browser.get(path)).status_code == 404
        assert (await sandbox.browser.post(path, data={"do": "cancel"})).status_code == 404
    changed = await portal.configurations.update_async(
        made.id,
        {"features": {"subscription_cancel": {"enabled": True, "mode": "immediately"}}},
    )
    assert changed.features.invoice_history.enabled is True
    assert "It ends at once." in (await sandbox.browser.get(url)).text
    await sandbox.browser.post(url, data={"do": "cancel"})
    assert (await _now(sandbox, subscription)).status == "canceled"
    await portal.configurations.update_async(made.id, {"active": False})
    assert (await refusal(_visit(sandbox, customer, configuration=made.id))).http_status == 400


async def test_there_is_one_configuration_by_default(sandbox: Sandbox) -> None:
    customer = (await sandbox.client.v1.customers.create_async({})).id
    first, second = [await _visit(sandbox, customer) for _ in range(2)]
    assert first.configuration == second.configuration
    listed = await sandbox.client.v1.billing_portal.configurations.list_async({})
    assert [each.is_default for each in listed.data] == [True]
    page = await sandbox.browser.get(first.url)
    assert "You have no plan" in page.text


async def test_a_visit_ends_after_an_hour(sandbox: Sandbox) -> None:
    subscription, customer = await _member(sandbox)
    visit = await _visit(sandbox, customer)
    sandbox.clock.advance(timedelta(hours=1))
    url = f"{visit.url}/subscriptions/{subscription.id}"
    for path in (visit.url, url, f"{visit.url}/card"):
        assert (await sandbox.browser.get(path)).status_code == 410
    for path in (url, f"{visit.url}/card"):
        late = await sandbox.browser.post(path, data={"do": "cancel", "card": "4242424242424242"})
        assert late.status_code == 410
    assert (await _now(sandbox, subscription)).cancel_at is None


async def test_nobody_reaches_another_customers_plan(sandbox: Sandbox) -> None:
    theirs, _ = await _member(sandbox)
    _, customer = await _member(sandbox)
    visit = await _visit(sandbox, customer)
    url = f"{visit.url}/subscriptions/{theirs.id}"
    assert (await sandbox.browser.get(url)).status_code == 404
    assert (await sandbox.browser.post(url, data={"do": "cancel"})).status_code == 404
    assert (await _now(sandbox, theirs)).cancel_at is None
    assert (await sandbox.browser.get(f"{sandbox.base}/portal/bps_none")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"customer": "cus_none"}, "customer"),
        ({"configuration": "bpc_none"}, "configuration"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
        (
            {"flow_data": {"type": "subscription_cancel"}},
            "flow_data[subscription_cancel]",
        ),
        (
            {
                "flow_data": {
                    "type": "subscription_cancel",
                    "subscription_cancel": {"subscription": "sub_none"},
                }
            },
            "flow_data[subscription_cancel][subscription]",
        ),
        ({"flow_data": {"type": "customer_update"}}, "flow_data[type]"),
    ],
)
async def test_a_visit_that_cannot_be_is_refused(
    sandbox: Sandbox, changes: Any, param: str
) -> None:
    customer = (await sandbox.client.v1.customers.create_async({})).id
    error = await refusal(_visit(sandbox, **{"customer": customer, **changes}))
    assert (error.http_status, error.param) == (400, param)
