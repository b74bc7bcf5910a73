"""Write down how a try ended, and what follows for the delivery and its endpoint."""

import random
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.domain import schedule
from gymhopper.contexts.integrations.domain.endpoint import DisabledReason, Endpoint
from gymhopper.contexts.integrations.gateways.sender import Answer
from gymhopper.contexts.integrations.storage import tables
from gymhopper.contexts.integrations.usecases.claim_deliveries import Claimed
from gymhopper.contexts.integrations.usecases.send_test import PING
from gymhopper.contracts.integrations.events import EndpointDisabled

_delivery = tables.delivery

# Touches the endpoint's row only when there is something to forgive.
_WELL_AGAIN = text(
    "UPDATE integrations.endpoint SET failures = 0, failing_since = NULL, not_before = NULL"
    " WHERE id = :id AND failures > 0"
)
_TRIED = text(
    "UPDATE integrations.attempt SET milliseconds = :milliseconds, outcome = :outcome,"
    " status_code = :status_code, answer = :answer"
    " WHERE delivery_id = :delivery_id AND number = :number"
)
# Whatever else was tried meanwhile: it has arrived.
_DELIVERED = text(
    f"WITH tried AS ({_TRIED.text}) UPDATE integrations.delivery SET status = 'delivered',"  # noqa: S608 - our own text
    " due_at = NULL, finished_at = :now WHERE id = :delivery_id"
)
_ASKS_TO_WAIT = frozenset({429, 503})


async def record_attempt(uow: UnitOfWork, sent: Claimed, answer: Answer) -> None:
    """Keep the answer. What was deleted meanwhile needs none.

    The endpoint is locked before the delivery, as everywhere: a deletion does the same.
    """
    if sent.type != PING:
        await _judge_endpoint(uow, sent.endpoint_id, answer)
    await uow.connection.execute(
        _DELIVERED if answer.success else _TRIED,
        {
            "delivery_id": sent.delivery_id,
            "number": sent.number,
            "milliseconds": answer.milliseconds,
            "outcome": answer.outcome,
            "status_code": answer.status_code,
            "answer": answer.text,
            "now": uow.now,
        },
    )
    if not answer.success:
        await _reschedule(uow, sent, answer)


async def _reschedule(uow: UnitOfWork, sent: Claimed, answer: Answer) -> None:
    """Try again later, or never."""
    row = (
        await uow.connection.execute(
            select(_delivery.c.tries, _delivery.c.give_up_at)
            .where(
                _delivery.c.id == sent.delivery_id,
                # Else it was given up, or a later try has its own say.
                _delivery.c.status == "pending",
                _delivery.c.attempts == sent.number,
            )
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        return
    due_at = None if sent.type == PING else _next_try(uow, row.tries, answer)
    if due_at is None or due_at > row.give_up_at:
        change = {"status": "failed", "due_at": None, "finished_at": uow.now}
    else:
        change = {"due_at": due_at}
    await uow.connection.execute(
        update(_delivery).where(_delivery.c.id == sent.delivery_id).values(**change)
    )


def _next_try(uow: UnitOfWork, tries: int, answer: Answer) -> datetime | None:
    wish = answer.retry_after if answer.status_code in _ASKS_TO_WAIT else None
    chance = random.random()  # noqa: S311 - spreads load, hides nothing
    return schedule.next_try(tries, uow.now, chance=chance, retry_after=wish)


async def _judge_endpoint(uow: UnitOfWork, endpoint_id: UUID, answer: Answer) -> None:
    if answer.success:
        await uow.connection.execute(_WELL_AGAIN, {"id": endpoint_id})
        return
    endpoint = await uow.session.get(
        Endpoint, endpoint_id, with_for_update=True, populate_existing=True
    )
    if endpoint is None:
        return
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or uow.now
    wish = answer.retry_after if answer.status_code in _ASKS_TO_WAIT else None
    endpoint.not_before = uow.now + schedule.pause(endpoint.failures, wish)
    if answer.gone:
        _disable(uow, endpoint, "gone")
    elif endpoint.failing_since <= uow.now - schedule.DISABLE_AFTER:
        _disable(uow, endpoint, "failing")


def _disable(uow: UnitOfWork, endpoint: Endpoint, reason: DisabledReason) -> None:
    if reason != "by_hand" and endpoint.disable(reason, uow.now):
        uow.record(
            endpoint,
            EndpointDisabled(endpoint_id=endpoint.id, reason=reason),
            organisation_id=endpoint.organisation_id,
        )
