"""What no webhook brought is found by comparing, whatever interrupts it."""

from typing import Any

import pytest
from sqlalchemy import text

from contexts.billing.till import Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.billing.domain.listing import ProviderPage
from gymhopper.contexts.billing.domain.reconciliation import Report
from gymhopper.contexts.billing.gateways import stripe as gateway
from gymhopper.contexts.billing.usecases.reconcile import reconcile
from gymhopper.contracts.billing.events import PaymentSucceeded, SubscriptionChanged
from gymhopper.kernel.errors import Conflict, Unavailable


async def compare(till: Till, **options: Any) -> Report:
    return await reconcile(till.runtime, till.provider, **options)


def verdicts(report: Report) -> list[tuple[str, str]]:
    return sorted((each.kind, each.verdict) for each in report.findings)


async def change(till: Till, sql: str, **values: object) -> None:
    """Behind everybody's back."""
    async with till.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(text(sql), values)


async def forget_webhooks(till: Till) -> None:
    """What the sandbox had to say is lost on its way."""
    await change(till, "DELETE FROM sandbox_stripe.delivery")


async def test_records_that_agree_are_left_alone(till: Till) -> None:
    await till.subscribe()
    await till.subscribe()
    said = len(await till.events())
    report = await compare(till)
    assert report.findings == ()
    assert report.agrees
    assert report.reconciliation.compared == 2
    assert report.reconciliation.finished_at is not None
    assert len(await till.events()) == said


async def test_a_first_payment_whose_every_webhook_was_lost_counts_after_all(till: Till) -> None:
    purchase = till.sell()
    await till.pay(purchase)
    await forget_webhooks(till)
    report = await compare(till)
    assert verdicts(report) == [("invoice", "repaired"), ("subscription", "repaired")]
    assert len(await till.events(PaymentSucceeded)) == 1
    shown = (await till.get(f"/memberships/{purchase.membership_id}")).json()
    assert shown["subscription"]["status"] == "active"
    assert (await compare(till)).findings == ()


async def test_an_end_that_nobody_told_us_of_is_taken_over(till: Till) -> None:
    purchase = await till.subscribe()
    subscription_id = await till.subscription_id(purchase)
    await till.stripe.v1.subscriptions.cancel_async(subscription_id)
    await forget_webhooks(till)
    report = await compare(till)
    assert verdicts(report) == [("subscription", "repaired")]
    assert [each.ended for each in await till.events(SubscriptionChanged)] == [True]


async def test_a_claim_that_was_paid_unheard_is_asked_for_by_itself(till: Till) -> None:
    await till.subscribe()
    await change(
        till, "UPDATE billing.claim SET status = 'open', outstanding = amount, paid_at = NULL"
    )
    report = await compare(till, since=till.clock.now().replace(year=2027))
    assert verdicts(report) == [("invoice", "repaired")]
    assert [row["status"] for row in await till.rows("SELECT status FROM billing.claim")] == [
        "paid"
    ]


async def test_what_one_side_alone_has_is_named(till: Till) -> None:
    purchase = await till.subscribe()
    await till.subscribe()
    ours = await till.subscription_id(purchase)
    await change(
        till,
        "UPDATE billing.subscription SET provider_id = 'sub_gone' WHERE provider_id = :id",
        id=ours,
    )
    await change(
        till,
        "UPDATE sandbox_stripe.object SET body = jsonb_set(body, '{metadata}', '{}')"
        " WHERE id = :id",
        id=ours,
    )
    report = await compare(till)
    assert {(each.verdict, each.provider_id) for each in report.findings} == {
        ("ours_alone", "sub_gone"),
        ("provider_alone", ours),
    }
    assert not report.agrees


async def test_a_provider_that_fails_in_between_is_compared_from_there_on(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "PAGE", 2)
    for _ in range(5):
        await till.subscribe()
    real, asked = till.provider.subscriptions, []

    async def flaky(**of: Any) -> ProviderPage[Any]:
        asked.append(of["after"])
        if len(asked) == 2:
            raise Unavailable("The payment provider cannot be reached now.")
        return await real(**of)

    monkeypatch.setattr(till.provider, "subscriptions", flaky)
    with pytest.raises(Unavailable):
        await compare(till)
    report = await compare(till)
    assert report.reconciliation.compared == 5
    assert report.findings == ()
    assert asked[0] is None
    assert asked[1] == asked[2] is not None
    assert len(asked) == 4


async def test_two_that_compare_at_once_do_not_work_side_by_side(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    await till.subscribe()
    real = till.provider.subscriptions

    async def overtaken(**of: Any) -> ProviderPage[Any]:
        monkeypatch.setattr(till.provider, "subscriptions", real)
        await compare(till, pages=1)
        return await real(**of)

    monkeypatch.setattr(till.provider, "subscriptions", overtaken)
    with pytest.raises(Conflict, match="Another process"):
        await compare(till)
    assert (await compare(till)).reconciliation.compared == 1


async def test_a_list_whose_place_the_provider_forgot_begins_anew(till: Till) -> None:
    await till.subscribe()
    await compare(till, pages=0)
    await change(till, "UPDATE billing.reconciliation SET cursor = 'sub_forgotten'")
    report = await compare(till)
    assert report.reconciliation.compared == 1
    assert report.findings == ()


async def test_one_that_cannot_be_taken_over_is_named_and_hides_no_other(till: Till) -> None:
    first, second = await till.subscribe(), await till.subscribe()
    for purchase in (first, second):
        await till.stripe.v1.subscriptions.cancel_async(await till.subscription_id(purchase))
    await forget_webhooks(till)
    broken = await till.subscription_id(second)
    await change(
        till,
        "UPDATE billing.subscription SET provider_id = 'sub_other' WHERE provider_id = :id",
        id=broken,
    )
    report = await compare(till)
    failed = [each for each in report.findings if each.verdict == "failed"]
    assert [(each.provider_id, each.detail) for each in failed] == [(broken, "TwoSubscriptions")]
    assert ("subscription", "repaired") in verdicts(report)


async def test_it_is_done_every_night_and_tried_again_when_the_provider_was_down(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    await till.advance(minutes=1)
    purchase = await till.subscribe()
    await till.stripe.v1.subscriptions.cancel_async(await till.subscription_id(purchase))
    await forget_webhooks(till)

    async def down(**_: Any) -> None:
        raise Unavailable("The payment provider cannot be reached now.")

    with monkeypatch.context() as broken:
        broken.setattr(till.provider, "subscriptions", down)
        await till.advance(days=1)
    assert await till.events(SubscriptionChanged) == []
    await till.advance(minutes=1)
    assert [each.ended for each in await till.events(SubscriptionChanged)] == [True]
