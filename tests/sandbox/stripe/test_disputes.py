"""A cardholder takes a payment back through the bank."""

from datetime import timedelta
from typing import Any

import pytest
import stripe

from sandbox.stripe.harness import Sandbox, refusal
from sandbox.stripe.payments import pay


async def _disputed(sandbox: Sandbox) -> stripe.Dispute:
    paid = await pay(sandbox, "pm_card_createDispute")
    assert paid.status == "succeeded"
    return (await sandbox.client.v1.disputes.list_async({"payment_intent": paid.id})).data[0]


async def _answer(sandbox: Sandbox, dispute: stripe.Dispute, text: str, **more: Any) -> Any:
    return await sandbox.client.v1.disputes.update_async(
        dispute.id,
        {"evidence": {"uncategorized_text": text}, **more},  # type: ignore[typeddict-item] # tests vary the parameters freely
    )


async def test_the_disputing_card_pays_and_takes_the_money_back(sandbox: Sandbox) -> None:
    dispute = await _disputed(sandbox)
    assert (dispute.amount, dispute.status, dispute.reason) == (
        1990,
        "needs_response",
        "fraudulent",
    )
    assert [each.amount for each in dispute.balance_transactions] == [-1990]
    charge = await sandbox.client.v1.charges.retrieve_async(str(dispute.charge))
    assert (charge.paid, charge.disputed, charge.refunded) == (True, True, False)
    types = [each["type"] for each in await sandbox.deliver()]
    assert types == [
        "payment_intent.created",
        "charge.succeeded",
        "charge.dispute.created",
        "charge.updated",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
    ]
    error = await refusal(sandbox.client.v1.refunds.create_async({"charge": charge.id}))
    assert error.code == "charge_disputed"


@pytest.mark.parametrize(
    ("text", "status", "movements", "events"),
    [
        (
            "winning_evidence",
            "won",
            [-1990, 1990],
            ["charge.dispute.closed", "charge.dispute.funds_reinstated"],
        ),
        ("losing_evidence", "lost", [-1990], ["charge.dispute.closed"]),
        ("I was on holiday", "under_review", [-1990], []),
    ],
)
async def test_evidence_decides(
    sandbox: Sandbox, text: str, status: str, movements: list[int], events: list[str]
) -> None:
    dispute = await _disputed(sandbox)
    await sandbox.deliver()
    answered = await _answer(sandbox, dispute, text)
    assert answered.status == status
    assert answered.evidence.uncategorized_text == text
    details = answered.evidence_details
    assert (details.has_evidence, details.submission_count) == (True, 1)
    assert [each.amount for each in answered.balance_transactions] == movements
    found = [each["type"] for each in await sandbox.deliver()]
    assert found == ["charge.dispute.updated", *events]
    # Evidence is given once, and a closed dispute cannot be given up either.
    assert (await refusal(_answer(sandbox, dispute, "more"))).http_status == 400
    assert (await refusal(sandbox.client.v1.disputes.close_async(dispute.id))).http_status == 400


async def test_evidence_may_be_collected_before_it_is_submitted(sandbox: Sandbox) -> None:
    dispute = await _disputed(sandbox)
    staged = await _answer(sandbox, dispute, "winning_evidence", submit=False)
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    more = await sandbox.client.v1.disputes.update_async(
        dispute.id, {"evidence": {"customer_name": "Ada"}, "submit": False}
    )
    assert (more.evidence.uncategorized_text, more.evidence.customer_name) == (
        "winning_evidence",
        "Ada",
    )
    sent = await sandbox.client.v1.disputes.update_async(dispute.id, {"submit": True})
    assert sent.status == "won"


async def test_giving_in_loses(sandbox: Sandbox) -> None:
    dispute = await _disputed(sandbox)
    assert (await sandbox.client.v1.disputes.close_async(dispute.id)).status == "lost"


async def test_nobody_who_answers_loses_in_time(sandbox: Sandbox) -> None:
    dispute = await _disputed(sandbox)
    due = dispute.evidence_details.due_by
    assert due is not None
    sandbox.clock.advance(timedelta(seconds=due - dispute.created - 1))
    await sandbox.bill()
    disputes = sandbox.client.v1.disputes
    assert (await disputes.retrieve_async(dispute.id)).status == "needs_response"
    sandbox.clock.advance(timedelta(seconds=1))
    await sandbox.bill()
    lost = await disputes.retrieve_async(dispute.id)
    assert (lost.status, lost.evidence_details.past_due) == ("lost", True)


async def test_what_was_answered_is_not_lost_by_time(sandbox: Sandbox) -> None:
    dispute = await _disputed(sandbox)
    await _answer(sandbox, dispute, "I was on holiday")
    sandbox.clock.advance(timedelta(days=30))
    await sandbox.bill()
    now = await sandbox.client.v1.disputes.retrieve_async(dispute.id)
    assert now.status == "under_review"


async def test_metadata_alone_submits_nothing(sandbox: Sandbox) -> None:
    dispute = await _disputed(sandbox)
    noted = await sandbox.client.v1.disputes.update_async(dispute.id, {"metadata": {"a": "b"}})
    assert (noted.status, noted.metadata["a"]) == ("needs_response", "b")
