"""Transfers, reversals and payouts: no money appears, disappears, or moves twice."""

import random
from datetime import timedelta
from typing import Any

import pytest
import stripe
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from sandbox.stripe import openapi
from sandbox.stripe.harness import Sandbox, refusal
from sandbox.stripe.test_balance import AT_ONCE, assert_sound


async def funded(sandbox: Sandbox, card: str = AT_ONCE) -> stripe.Charge:
    """The platform earns 29.90, of which 29.20 stay."""
    await sandbox.pay(await sandbox.session(), card)
    return (await sandbox.client.v1.charges.list_async()).data[0]


async def transferred(sandbox: Sandbox, account: stripe.Account, **given: Any) -> stripe.Transfer:
    return await sandbox.client.v1.transfers.create_async(
        {"amount": 1000, "currency": "eur", "destination": account.id, **given}
    )


async def has(sandbox: Sandbox, account: stripe.Account | None = None) -> tuple[int, int]:
    """What is available and pending."""
    options = {"stripe_account": account.id} if account is not None else {}
    shown = await sandbox.client.v1.balance.retrieve_async(options=options)
    return shown.available[0].amount, shown.pending[0].amount


async def test_a_transfer_moves_available_money_from_one_balance_to_the_other(
    sandbox: Sandbox,
) -> None:
    partner = await sandbox.connect()
    await funded(sandbox)
    made = await transferred(
        sandbox, partner, transfer_group="2026-11", metadata={"payout": "p"}, description="November"
    )
    assert not list(openapi.problems(made.to_dict()))
    assert (await has(sandbox), await has(sandbox, partner)) == ((1920, 0), (1000, 0))
    as_partner = {"stripe_account": partner.id}
    payment = await sandbox.client.v1.charges.retrieve_async(
        str(made.destination_payment), options=as_partner
    )
    assert (payment.amount, payment.source_transfer) == (1000, made.id)
    assert not list(openapi.problems(payment.to_dict()))
    transfers = sandbox.client.v1.transfers
    listed = await transfers.list_async({"transfer_group": "2026-11", "destination": partner.id})
    assert [each.to_dict() for each in listed.data] == [made.to_dict()]
    assert not (await transfers.list_async({"transfer_group": "2026-10"})).data
    changed = await transfers.update_async(made.id, {"metadata": {"a": "b"}, "description": ""})
    assert (changed.to_dict()["metadata"], changed.description) == ({"payout": "p", "a": "b"}, None)
    for account in (None, partner.id):
        await assert_sound(sandbox, account)
    events = [(each["type"], each.get("account")) for each in await sandbox.deliver()]
    assert ("transfer.created", None) in events
    assert ("charge.succeeded", partner.id) in events


async def test_what_is_not_available_cannot_be_transferred(sandbox: Sandbox) -> None:
    partner = await sandbox.connect()
    await funded(sandbox, "4242424242424242")
    error = await refusal(transferred(sandbox, partner))
    assert (error.http_status, error.code) == (400, "balance_insufficient")
    sandbox.clock.advance(timedelta(days=2))
    error = await refusal(transferred(sandbox, partner, amount=2921))
    assert error.code == "balance_insufficient"
    assert (await transferred(sandbox, partner, amount=2920)).amount == 2920
    error = await refusal(transferred(sandbox, partner, currency="usd", amount=1))
    assert error.code == "balance_insufficient"
    assert await has(sandbox, partner) == (2920, 0)


async def test_a_charges_money_can_be_promised_before_it_is_there(sandbox: Sandbox) -> None:
    partner = await sandbox.connect()
    charge = await funded(sandbox, "4242424242424242")
    first = await transferred(sandbox, partner, source_transaction=charge.id)
    assert first.transfer_group == f"group_{charge.id}"
    assert (await has(sandbox), await has(sandbox, partner)) == ((0, 1920), (0, 1000))
    again = await sandbox.client.v1.charges.retrieve_async(charge.id)
    assert again.transfer_group == first.transfer_group
    error = await refusal(transferred(sandbox, partner, source_transaction=charge.id, amount=1991))
    assert (error.http_status, error.json_body["error"]["param"]) == (400, "amount")
    other = transferred(sandbox, partner, source_transaction=charge.id, currency="usd")
    assert (await refusal(other)).json_body["error"]["param"] == "currency"
    sandbox.clock.advance(timedelta(days=2))
    assert (await has(sandbox), await has(sandbox, partner)) == ((1920, 0), (1000, 0))
    await assert_sound(sandbox)
    await assert_sound(sandbox, partner.id)


async def test_reversals_add_up_and_never_exceed_the_transfer(sandbox: Sandbox) -> None:
    partner = await sandbox.connect()
    await funded(sandbox)
    made = await transferred(sandbox, partner)
    reversals = sandbox.client.v1.transfers.reversals
    first = await reversals.create_async(made.id, {"amount": 300, "metadata": {"why": "x"}})
    assert not list(openapi.problems(first.to_dict()))
    error = await refusal(reversals.create_async(made.id, {"amount": 701}))
    assert (error.http_status, error.json_body["error"]["param"]) == (400, "amount")
    second = await reversals.create_async(made.id)
    assert second.amount == 700
    shown = await sandbox.client.v1.transfers.retrieve_async(made.id)
    assert (shown.amount_reversed, shown.reversed) == (1000, True)
    assert [each.id for each in shown.reversals.data] == [second.id, first.id]
    assert not list(openapi.problems(shown.to_dict()))
    listed = await reversals.list_async(made.id)
    assert [each.id for each in listed.data] == [second.id, first.id]
    assert (await reversals.retrieve_async(made.id, first.id)).amount == 300
    assert (await refusal(reversals.create_async(made.id))).http_status == 400
    payment = await sandbox.client.v1.charges.retrieve_async(
        str(made.destination_payment), options={"stripe_account": partner.id}
    )
    assert (payment.amount_refunded, payment.refunded) == (1000, True)
    assert (await has(sandbox), await has(sandbox, partner)) == ((2920, 0), (0, 0))
    await assert_sound(sandbox)
    await assert_sound(sandbox, partner.id)


async def test_what_the_account_has_paid_out_cannot_be_reversed(sandbox: Sandbox) -> None:
    partner = await sandbox.connect()
    await funded(sandbox)
    made = await transferred(sandbox, partner)
    await paid_out(sandbox, partner, 600)
    reverse = sandbox.client.v1.transfers.reversals.create_async
    assert (await refusal(reverse(made.id))).code == "balance_insufficient"
    assert (await reverse(made.id, {"amount": 400})).amount == 400
    assert await has(sandbox, partner) == (0, 0)


async def test_a_transfer_needs_an_account_that_may_take_it(sandbox: Sandbox) -> None:
    await funded(sandbox)
    closed = await sandbox.connect(onboarded=False)
    error = await refusal(transferred(sandbox, closed))
    assert error.code == "insufficient_capabilities_for_transfer"
    open_account = await sandbox.connect()
    await sandbox.client.v1.accounts.reject_async(open_account.id, {"reason": "other"})
    assert (await refusal(transferred(sandbox, open_account))).http_status == 400
    gone = transferred(sandbox, closed, destination="acct_none")
    assert (await refusal(gone)).code == "resource_missing"
    assert await has(sandbox) == (2920, 0)


async def test_a_repeated_transfer_moves_money_once(sandbox: Sandbox) -> None:
    partner = await sandbox.connect()
    await funded(sandbox)
    params: Any = {"amount": 1000, "currency": "eur", "destination": partner.id}
    await sandbox.fail("close", path="/v1/transfers", after_effect="true")
    key = {"idempotency_key": "payout-1", "max_network_retries": 0}
    assert isinstance(
        await refusal(sandbox.client.v1.transfers.create_async(params, key)),
        stripe.APIConnectionError,
    )
    made = await sandbox.client.v1.transfers.create_async(params, key)
    assert [each.id for each in (await sandbox.client.v1.transfers.list_async()).data] == [made.id]
    assert await has(sandbox, partner) == (1000, 0)


async def paid_out(sandbox: Sandbox, account: stripe.Account, amount: int) -> stripe.Payout:
    return await sandbox.client.v1.payouts.create_async(
        {"amount": amount, "currency": "eur"}, {"stripe_account": account.id}
    )


async def test_a_payout_leaves_at_once_and_arrives_on_the_clock(sandbox: Sandbox) -> None:
    partner = await sandbox.connect()
    as_partner = {"stripe_account": partner.id}
    await funded(sandbox)
    await transferred(sandbox, partner)
    payout = await paid_out(sandbox, partner, 900)
    assert payout.status == "pending"
    assert not list(openapi.problems(payout.to_dict()))
    assert await has(sandbox, partner) == (100, 0)
    assert (await refusal(paid_out(sandbox, partner, 101))).code == "balance_insufficient"
    await sandbox.deliver()
    sandbox.clock.advance(timedelta(days=2))
    assert await sandbox.bill() > 0
    payouts = sandbox.client.v1.payouts
    arrived = await payouts.retrieve_async(payout.id, options=as_partner)
    assert arrived.status == "paid"
    assert not list(openapi.problems(arrived.to_dict()))
    events = [each for each in await sandbox.deliver() if each["type"].startswith("payout.")]
    assert [each["type"] for each in events] == ["payout.updated", "payout.paid"]
    assert events[0]["data"]["previous_attributes"] == {"status": "pending"}
    assert events[0]["created"] == payout.arrival_date
    listed = await payouts.list_async({"status": "paid"}, as_partner)
    assert [each.id for each in listed.data] == [payout.id]
    assert (await refusal(payouts.retrieve_async(payout.id))).http_status == 404
    assert (await refusal(payouts.cancel_async(payout.id, options=as_partner))).http_status == 400
    await assert_sound(sandbox, partner.id)


@pytest.mark.parametrize(
    ("iban", "code"),
    [("DE62370400440532013001", "no_account"), ("IT89370400440532013002", "account_closed")],
)
async def test_a_payout_that_the_bank_refuses_comes_back_and_asks_for_another_bank(
    sandbox: Sandbox, iban: str, code: str
) -> None:
    partner = await sandbox.connect(onboarded=False)
    await sandbox.onboard(partner.id, iban=iban)
    await funded(sandbox)
    await transferred(sandbox, partner)
    payout = await paid_out(sandbox, partner, 900)
    await sandbox.deliver()
    sandbox.clock.advance(timedelta(days=2))
    await sandbox.bill()
    failed = await sandbox.client.v1.payouts.retrieve_async(
        payout.id,
        {"expand": ["failure_balance_transaction"]},
        {"stripe_account": partner.id},
    )
    assert (failed.status, failed.failure_code) == ("failed", code)
    assert failed.to_dict()["failure_balance_transaction"]["net"] == 900
    assert await has(sandbox, partner) == (1000, 0)
    types = {each["type"] for each in await sandbox.deliver()}
    assert {"payout.failed", "account.external_account.updated", "account.updated"} <= types
    account = await sandbox.client.v1.accounts.retrieve_async(partner.id)
    assert account.payouts_enabled is False
    assert account.to_dict()["requirements"]["currently_due"] == ["external_account"]
    assert not list(openapi.problems(account.to_dict()))
    assert (await refusal(paid_out(sandbox, partner, 1))).code == "payouts_not_allowed"
    await sandbox.onboard(partner.id)
    assert (await paid_out(sandbox, partner, 1000)).status == "pending"
    sandbox.clock.advance(timedelta(days=2))
    await sandbox.bill()
    assert await has(sandbox, partner) == (0, 0)
    await assert_sound(sandbox, partner.id)


async def test_a_canceled_payout_is_back_at_once_and_never_arrives(sandbox: Sandbox) -> None:
    partner = await sandbox.connect()
    await funded(sandbox)
    await transferred(sandbox, partner)
    payout = await paid_out(sandbox, partner, 900)
    options = {"stripe_account": partner.id}
    canceled = await sandbox.client.v1.payouts.cancel_async(payout.id, options=options)
    assert canceled.status == "canceled"
    assert await has(sandbox, partner) == (1000, 0)
    sandbox.clock.advance(timedelta(days=2))
    await sandbox.bill()
    again = await sandbox.client.v1.payouts.retrieve_async(payout.id, options=options)
    assert again.status == "canceled"
    await assert_sound(sandbox, partner.id)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_each_balance_is_the_sum_of_its_transactions(
    sandbox: Sandbox, seed: int
) -> None:
    chance = random.Random(seed)
    partner = await sandbox.connect()
    done = []
    for _ in range(12):
        step = chance.choice(["charge", "refund", "transfer", "reverse", "pay_out", "wait"])
        try:
            await _do(sandbox, partner, step, chance.randint(1, 2000))
            done.append(step)
        except stripe.InvalidRequestError:
            # Too much was asked for; what counts is that nothing of it happened.
            pass
        await assert_sound(sandbox, partner.id)
        await assert_sound(sandbox)
        assert min(await has(sandbox, partner)) >= 0
    assert len(set(done)) > 2
    async with sandbox.runtime.database.transaction(SERVICE, read_only=True) as connection:
        rows = await connection.execute(text("SELECT body FROM sandbox_stripe.object"))
        found = list(rows.scalars())
    events = [each for each in found if each["object"] == "event"]
    told = [each["data"]["object"] for each in events]
    assert not {problem for each in found + told for problem in openapi.problems(each)}
    assert {each["type"] for each in events} <= openapi.event_types()


async def _do(sandbox: Sandbox, partner: stripe.Account, step: str, amount: int) -> None:
    v1 = sandbox.client.v1
    if step == "charge":
        await funded(sandbox)
    elif step == "refund":
        for charge in (await v1.charges.list_async({"limit": 1})).data:
            await v1.refunds.create_async({"charge": charge.id, "amount": amount})
    elif step == "transfer":
        await transferred(sandbox, partner, amount=amount)
    elif step == "reverse":
        for made in (await v1.transfers.list_async({"limit": 1})).data:
            await v1.transfers.reversals.create_async(made.id, {"amount": amount})
    elif step == "pay_out":
        await paid_out(sandbox, partner, amount)
    else:
        sandbox.clock.advance(timedelta(days=1))
        await sandbox.bill()
