"""An account's balance is the sum of its transactions, and nothing else."""

from collections import Counter
from datetime import timedelta

from gymhopper.sandbox.stripe.billing.bookkeeping import charge_fee
from sandbox.stripe import openapi
from sandbox.stripe.harness import MONTHLY, Sandbox

AT_ONCE = "4000000000000077"


async def assert_sound(sandbox: Sandbox, account: str | None = None) -> None:
    """The balance is the sum of the transactions, for each currency and for what is pending."""
    v1 = sandbox.client.v1
    options = {"stripe_account": account} if account is not None else {}
    sums: Counter[tuple[str, str]] = Counter()
    page = await v1.balance_transactions.list_async({"limit": 100}, options)
    async for each in page.auto_paging_iter():
        assert each.net == each.amount - each.fee
        assert each.fee == sum(detail.amount for detail in each.fee_details)
        sums[each.status, each.currency] += each.net
    shown = await v1.balance.retrieve_async(options=options)
    found = Counter({("available", each.currency): each.amount for each in shown.available})
    found.update({("pending", each.currency): each.amount for each in shown.pending})
    assert {key: value for key, value in found.items() if value} == {
        key: value for key, value in sums.items() if value
    }


async def test_a_new_account_has_nothing(sandbox: Sandbox) -> None:
    shown = (await sandbox.client.v1.balance.retrieve_async()).to_dict()
    assert shown["available"] == [{"amount": 0, "currency": "eur", "source_types": {"card": 0}}]
    assert not list(openapi.problems(shown))


async def test_a_charge_is_pending_for_two_days_and_the_fee_is_taken_off(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    await sandbox.subscribe()
    charge = (await v1.charges.list_async({"expand": ["data.balance_transaction"]})).data[0]
    booked = charge.to_dict()["balance_transaction"]
    assert (booked["amount"], booked["fee"], booked["status"]) == (2990, 70, "pending")
    assert booked["fee"] == charge_fee(2990)
    await assert_sound(sandbox)
    assert (await v1.balance.retrieve_async()).available[0].amount == 0
    sandbox.clock.advance(timedelta(days=2))
    shown = await v1.balance.retrieve_async()
    assert (shown.available[0].amount, shown.pending[0].amount) == (2920, 0)
    (listed,) = (await v1.balance_transactions.list_async({"type": "charge"})).data
    assert (listed.status, listed.source) == ("available", charge.id)
    again = await v1.balance_transactions.retrieve_async(listed.id, {"expand": ["source"]})
    assert again.to_dict()["source"]["id"] == charge.id
    await assert_sound(sandbox)


async def test_one_test_card_is_there_at_once_and_a_refund_is_gone_at_once(
    sandbox: Sandbox,
) -> None:
    v1 = sandbox.client.v1
    await sandbox.pay(await sandbox.session(), AT_ONCE)
    charge = (await v1.charges.list_async()).data[0]
    refund = await v1.refunds.create_async({"charge": charge.id, "amount": 1000})
    shown = await v1.balance.retrieve_async()
    assert (shown.available[0].amount, shown.pending[0].amount) == (2990 - 70 - 1000, 0)
    (booked,) = (await v1.balance_transactions.list_async({"source": refund.id})).data
    assert (booked.id, booked.net, booked.type) == (refund.balance_transaction, -1000, "refund")
    await assert_sound(sandbox)


async def test_a_declined_charge_moves_nothing(sandbox: Sandbox) -> None:
    await sandbox.pay(await sandbox.session(), "4000000000000002")
    assert not (await sandbox.client.v1.balance_transactions.list_async()).data


async def test_each_currency_has_a_balance_of_its_own(sandbox: Sandbox) -> None:
    yen = {**MONTHLY, "currency": "jpy", "unit_amount": 3000}
    await sandbox.pay(await sandbox.session(), AT_ONCE)
    await sandbox.pay(await sandbox.session(line_items=[{"price_data": yen}]), AT_ONCE)
    shown = (await sandbox.client.v1.balance.retrieve_async()).to_dict()
    assert [(each["currency"], each["amount"]) for each in shown["available"]] == [
        ("eur", 2920),
        ("jpy", 3000 - charge_fee(3000)),
    ]
    assert not list(openapi.problems(shown))
    await assert_sound(sandbox)
