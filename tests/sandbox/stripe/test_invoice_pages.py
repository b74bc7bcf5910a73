"""The hosted page of an invoice: whoever has its address pays it with whatever card."""

from datetime import timedelta

import stripe

from sandbox.stripe.harness import Sandbox

FAILS_LATER = "4000000000000341"
ASKS_ALWAYS = "4000002760003184"
DECLINED = "4000000000000002"
GOOD = "4242424242424242"


async def _open(sandbox: Sandbox) -> tuple[stripe.Subscription, stripe.Invoice]:
    """A subscription whose second invoice was declined."""
    session = await sandbox.session()
    await sandbox.pay(session, FAILS_LATER)
    done = await sandbox.client.v1.checkout.sessions.retrieve_async(session.id)
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    await sandbox.deliver()
    return await _now(sandbox, str(done.subscription))


async def _now(sandbox: Sandbox, key: str) -> tuple[stripe.Subscription, stripe.Invoice]:
    v1 = sandbox.client.v1
    found = await v1.subscriptions.retrieve_async(key, {"expand": ["latest_invoice"]})
    assert isinstance(found.latest_invoice, stripe.Invoice)
    return found, found.latest_invoice


async def test_an_open_invoice_is_paid_on_its_page(sandbox: Sandbox) -> None:
    subscription, invoice = await _open(sandbox)
    url = str(invoice.hosted_invoice_url)
    page = await sandbox.browser.get(url)
    assert "29.90" in page.text
    assert (await sandbox.browser.post(url, data={"card": GOOD})).status_code == 303
    now, paid = await _now(sandbox, subscription.id)
    assert (now.status, paid.status, paid.amount_remaining) == ("active", "paid", 0)
    types = [each["type"] for each in await sandbox.deliver()]
    assert {"invoice.paid", "invoice_payment.paid", "charge.succeeded"} <= set(types)
    assert "This has been paid." in (await sandbox.browser.get(url)).text
    # A second press of the button charges nothing.
    again = await sandbox.browser.post(url, data={"card": GOOD})
    assert "This has been paid." in again.text
    charges = await sandbox.client.v1.charges.list_async({"limit": 100})
    assert len([each for each in charges.data if each.paid]) == 2
    assert now.default_payment_method == subscription.default_payment_method


async def test_a_card_that_is_declined_leaves_the_page_open_for_another(sandbox: Sandbox) -> None:
    subscription, invoice = await _open(sandbox)
    url = str(invoice.hosted_invoice_url)
    refused = await sandbox.browser.post(url, data={"card": DECLINED})
    assert (refused.status_code, "declined" in refused.text) == (402, True)
    assert (await sandbox.browser.post(url, data={"card": "1234"})).status_code == 402
    assert (await _now(sandbox, subscription.id))[1].status == "open"
    assert (await sandbox.browser.post(url, data={"card": GOOD})).status_code == 303
    assert (await _now(sandbox, subscription.id))[1].status == "paid"


async def test_a_card_that_asks_its_holder_comes_back_to_the_page(sandbox: Sandbox) -> None:
    subscription, invoice = await _open(sandbox)
    url = str(invoice.hosted_invoice_url)
    asked = await sandbox.browser.post(url, data={"card": ASKS_ALWAYS})
    failed = await sandbox.browser.post(asked.headers["location"], data={"outcome": "fail"})
    assert failed.headers["location"] == url
    assert 'role="alert"' in (await sandbox.browser.get(url)).text
    asked = await sandbox.browser.post(url, data={"card": ASKS_ALWAYS})
    done = await sandbox.browser.post(asked.headers["location"], data={"outcome": "complete"})
    assert done.headers["location"] == url
    assert (await _now(sandbox, subscription.id))[1].status == "paid"


async def test_a_draft_and_an_unknown_invoice_have_no_page(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer = await v1.customers.create_async({})
    draft = await v1.invoices.create_async({"customer": customer.id, "currency": "eur"})
    assert draft.hosted_invoice_url is None
    for key in (draft.id, "in_nothing"):
        address = f"{sandbox.base}/invoices/{key}"
        assert (await sandbox.browser.get(address)).status_code == 404
        assert (await sandbox.browser.post(address, data={"card": GOOD})).status_code == 404


async def test_a_void_invoice_takes_no_money(sandbox: Sandbox) -> None:
    _, invoice = await _open(sandbox)
    await sandbox.client.v1.invoices.void_invoice_async(str(invoice.id))
    answer = await sandbox.browser.post(str(invoice.hosted_invoice_url), data={"card": GOOD})
    assert "Nothing is to be paid." in answer.text
    charges = await sandbox.client.v1.charges.list_async({"limit": 100})
    assert len([each for each in charges.data if each.paid]) == 1
