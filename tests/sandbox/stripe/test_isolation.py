"""What belongs to a connected account is seen with its header only."""

from datetime import timedelta

from sandbox.stripe import openapi
from sandbox.stripe.harness import MONTHLY, Sandbox, refusal
from sandbox.stripe.test_balance import assert_sound
from sandbox.stripe.test_webhook_endpoints import register, told


async def test_an_object_is_found_with_its_accounts_header_only(sandbox: Sandbox) -> None:
    customers = sandbox.client.v1.customers
    one, other = await sandbox.connect(), await sandbox.connect()
    made = await customers.create_async({"name": "Ada"}, {"stripe_account": one.id})
    own = await customers.create_async({"name": "Bob"})
    found = await customers.retrieve_async(made.id, options={"stripe_account": one.id})
    assert found.name == "Ada"
    for key, options in (
        (made.id, {}),
        (made.id, {"stripe_account": other.id}),
        (own.id, {"stripe_account": one.id}),
    ):
        for call in (
            customers.retrieve_async(key, options=options),
            customers.update_async(key, {"name": "x"}, options),
        ):
            error = await refusal(call)
            assert (error.http_status, error.code) == (404, "resource_missing")
    as_platform = await customers.list_async()
    assert [each.id for each in as_platform.data] == [own.id]
    as_one = await customers.list_async({}, {"stripe_account": one.id})
    assert [each.id for each in as_one.data] == [made.id]
    assert not (await customers.list_async({}, {"stripe_account": other.id})).data
    beyond = customers.list_async({"starting_after": own.id}, {"stripe_account": one.id})
    assert (await refusal(beyond)).http_status == 400


async def test_one_account_cannot_use_what_is_another_ones(sandbox: Sandbox) -> None:
    one = await sandbox.connect()
    mine = await sandbox.client.v1.customers.create_async({})
    attached = sandbox.client.v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": mine.id}, {"stripe_account": one.id}
    )
    assert (await refusal(attached)).code == "resource_missing"


async def test_an_account_does_not_see_or_change_another_account(sandbox: Sandbox) -> None:
    accounts = sandbox.client.v1.accounts
    one, other = await sandbox.connect(), await sandbox.connect()
    as_one = {"stripe_account": one.id}
    assert (await accounts.retrieve_async(one.id, options=as_one)).id == one.id
    for call in (
        accounts.retrieve_async(other.id, options=as_one),
        accounts.update_async(other.id, {"email": "a@b.example"}, as_one),
        accounts.delete_async(other.id, options=as_one),
        sandbox.client.v1.account_links.create_async(
            {
                "account": other.id,
                "refresh_url": "http://a",
                "return_url": "http://a",
                "type": "account_onboarding",
            },
            as_one,
        ),
    ):
        assert (await refusal(call)).http_status == 403
    assert not (await accounts.list_async({}, as_one)).data


async def test_a_deleted_account_opens_nothing(sandbox: Sandbox) -> None:
    one = await sandbox.connect()
    await sandbox.client.v1.accounts.delete_async(one.id)
    listing = sandbox.client.v1.customers.list_async({}, {"stripe_account": one.id})
    assert (await refusal(listing)).http_status == 403


async def test_events_of_an_account_say_so_and_go_to_connect_endpoints(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    one = await sandbox.connect()
    platform, connect = (
        await register(sandbox, "platform"),
        await register(sandbox, "connect", connect=True),
    )
    await sandbox.deliver()
    sandbox.receiver.elsewhere.clear()
    made = await v1.customers.create_async({}, {"stripe_account": one.id})
    own = await v1.customers.create_async({})
    arrived = await sandbox.deliver()
    assert [(event.get("account"), event["data"]["object"]["id"]) for event in arrived] == [
        (one.id, made.id),
        (None, own.id),
    ]
    assert told(sandbox, "platform", platform.secret) == ["customer.created"]
    assert told(sandbox, "connect", connect.secret) == ["customer.created"]
    seen = await v1.events.list_async({"type": "customer.created"})
    assert [each.data.object["id"] for each in seen.data] == [own.id]
    as_one = await v1.events.list_async({"type": "customer.created"}, {"stripe_account": one.id})
    assert [each.data.object["id"] for each in as_one.data] == [made.id]
    assert not list(openapi.problems(as_one.data[0].to_dict()))
    assert (await refusal(v1.events.retrieve_async(as_one.data[0].id))).http_status == 404


async def test_each_account_has_idempotency_keys_of_its_own(sandbox: Sandbox) -> None:
    create = sandbox.client.v1.customers.create_async
    one = await sandbox.connect()
    mine = await create({"name": "Ada"}, {"idempotency_key": "k"})
    theirs = await create({"name": "Bob"}, {"idempotency_key": "k", "stripe_account": one.id})
    assert mine.id != theirs.id
    again = await create({"name": "Bob"}, {"idempotency_key": "k", "stripe_account": one.id})
    assert again.id == theirs.id


async def test_a_subscription_of_an_account_lives_there_with_its_money(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    one = await sandbox.connect()
    options = {"stripe_account": one.id}
    session = await v1.checkout.sessions.create_async(
        {
            "mode": "subscription",
            "success_url": "http://127.0.0.1/paid",
            "line_items": [{"price_data": MONTHLY, "quantity": 1}],
        },
        options,
    )
    assert (await sandbox.pay(session)).status_code == 303
    sandbox.clock.advance(timedelta(days=31))
    await sandbox.bill()
    invoices = await v1.invoices.list_async({}, options)
    assert [each.status for each in invoices.data] == ["paid", "paid"]
    assert not (await v1.invoices.list_async()).data
    assert {event["account"] for event in await sandbox.deliver()} == {one.id}
    assert len((await v1.balance_transactions.list_async({}, options)).data) == 2
    assert not (await v1.balance_transactions.list_async()).data
    await assert_sound(sandbox, one.id)
