"""The log of webhook deliveries, and sending again."""

from datetime import UTC
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.integrations import queries
from gymhopper.contexts.integrations.gateways.senders import webhook_sender
from gymhopper.contexts.integrations.usecases.record_attempt import record_attempt
from gymhopper.contexts.integrations.usecases.replay_webhooks import (
    replay_delivery,
    replay_missed,
)
from gymhopper.contexts.integrations.usecases.send_test import begin_test
from gymhopper.kernel.errors import InvalidInput, NotFound

router = APIRouter(tags=["webhooks"])

DeliveryStatus = Literal["pending", "delivered", "failed"]
Outcome = Literal[
    "answered",
    "target_refused",
    "connection_failed",
    "tls_failed",
    "no_answer",
    "timed_out",
]


class Attempt(BaseModel):
    """One try. Without an outcome it is under way, or nobody knows how it ended."""

    number: int
    started_at: AwareDatetime
    milliseconds: int | None
    outcome: Outcome | None
    status_code: int | None
    answer: str | None = Field(description="The first 1024 characters.")


class WebhookDelivery(BaseModel):
    """What became of an event at an endpoint."""

    id: UUID
    endpoint_id: UUID
    webhook_id: str = Field(
        description="The same at every try and replay; receivers know by it what they have seen."
    )
    type: str
    status: DeliveryStatus
    created_at: AwareDatetime
    due_at: AwareDatetime | None = Field(description="When it is tried next.")
    finished_at: AwareDatetime | None
    attempts: list[Attempt]


class WebhookDeliveryDetail(WebhookDelivery):
    """A delivery with what was sent."""

    payload: dict[str, Any]


class WebhookDeliveryPage(Page[WebhookDelivery]):
    """Some of the deliveries."""


class WebhookDeliveryQuery(PageQuery):
    """Which deliveries."""

    status: DeliveryStatus | None = None


class Replay(BaseModel):
    """The stretch `[from, until)` of the events' own times."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: AwareDatetime = Field(alias="from", examples=["2026-03-01T00:00:00Z"])
    until: AwareDatetime = Field(examples=["2026-03-02T00:00:00Z"])


class ReplayAnswer(BaseModel):
    """How many were queued; when not `complete`, ask again for the rest."""

    queued: int
    complete: bool


@router.get("/webhook-endpoints/{endpoint_id}/deliveries", summary="List webhook deliveries")
async def list_webhook_deliveries(
    endpoint_id: UUID,
    query: Annotated[WebhookDeliveryQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("webhooks:read"),
) -> WebhookDeliveryPage:
    """The endpoint's deliveries of the last 30 days with every try, newest first."""
    caller.require_place()
    async with runtime.read(caller) as connection:
        if await queries.endpoint(connection, endpoint_id) is None:
            raise NotFound("There is no webhook endpoint with this id.")
        found = await queries.deliveries(
            connection,
            endpoint_id=endpoint_id,
            status=query.status,
            before=query.after(UUID),
            limit=query.fetch,
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return WebhookDeliveryPage(
        items=[WebhookDelivery.model_validate(each, from_attributes=True) for each in shown],
        next_cursor=next_cursor,
    )


@router.get("/webhook-deliveries/{delivery_id}", summary="Show a webhook delivery")
async def get_webhook_delivery(
    delivery_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("webhooks:read")
) -> WebhookDeliveryDetail:
    """With the payload, and what was answered at each try."""
    caller.require_place()
    return await _detail(runtime, caller, delivery_id)


@router.post(
    "/webhook-deliveries/{delivery_id}/replay", status_code=202, summary="Send a webhook again"
)
async def replay_webhook_delivery(
    delivery_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("webhooks:write")
) -> WebhookDelivery:
    """Whether it arrived before or not, with the same webhook id and three days of tries."""
    caller.require_place()
    async with runtime.begin(caller) as uow:
        await replay_delivery(uow, delivery_id)
    return await _detail(runtime, caller, delivery_id)


@router.post(
    "/webhook-endpoints/{endpoint_id}/replay", status_code=202, summary="Send missed webhooks"
)
async def replay_missed_webhooks(
    endpoint_id: UUID,
    body: Replay,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("webhooks:write"),
) -> ReplayAnswer:
    """What happened in that stretch and never arrived: given up, or not even tried because the
    endpoint was disabled. The oldest 10,000 at a time."""
    caller.require_place()
    if body.until <= body.start:
        raise InvalidInput("A stretch ends after it begins.", field="until")
    async with runtime.begin(caller) as uow:
        replayed = await replay_missed(
            uow, endpoint_id, body.start.astimezone(UTC), body.until.astimezone(UTC)
        )
    return ReplayAnswer(queued=replayed.queued, complete=replayed.complete)


@router.post("/webhook-endpoints/{endpoint_id}/test", summary="Send a test webhook")
async def send_test_webhook(
    endpoint_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("webhooks:write")
) -> WebhookDeliveryDetail:
    """Sends an event of the type `ping` at once, also to a disabled endpoint, and says how it was
    answered. It is tried once."""
    caller.require_place()
    async with runtime.begin(caller) as uow:
        claimed = await begin_test(uow, endpoint_id)
    await runtime.settle()
    answer = await webhook_sender(runtime).post(claimed.post(runtime))
    async with runtime.begin(caller) as uow:
        await record_attempt(uow, claimed, answer)
    return await _detail(runtime, caller, claimed.delivery_id)


async def _detail(
    runtime: Runtime, caller: AuthSubject, delivery_id: UUID
) -> WebhookDeliveryDetail:
    async with runtime.read(caller) as connection:
        found = await queries.delivery(connection, delivery_id)
        body = await queries.body(connection, delivery_id)
    if found is None or body is None:
        raise NotFound("There is no webhook delivery with this id.")
    shown = WebhookDelivery.model_validate(found, from_attributes=True)
    return WebhookDeliveryDetail(**shown.model_dump(), payload=msgspec.json.decode(body))
