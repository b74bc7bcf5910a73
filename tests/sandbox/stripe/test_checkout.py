"""A customer goes through the hosted checkout."""

from sandbox.stripe.harness import Sandbox


async def test_a_customer_pays_on_the_page_and_is_subscribed(sandbox: Sandbox) -> None:
    session = await sandbox.session(metadata={"membership": "m1"})
    page = await sandbox.browser.get(str(session.url))
    assert page.status_code == 200
    assert "4242 4242 4242 4242" in page.text
    paid = await sandbox.pay(session, email="ada@example.com")
    assert paid.status_code == 303, paid.text
    assert paid.headers["location"] == f"http://127.0.0.1/paid?session={session.id}"
    done = await sandbox.client.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["subscription.latest_invoice.payments"]}
    )
    assert done.status == "complete"
    assert done.payment_status == "paid"
    types = [event["type"] for event in await sandbox.deliver()]
    assert types[-2:] == ["customer.subscription.created", "checkout.session.completed"]
