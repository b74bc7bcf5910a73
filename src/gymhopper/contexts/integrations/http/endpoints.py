"""Webhook endpoints: where other systems are told of what happens."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page, Paged
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.integrations import queries
from gymhopper.contexts.integrations.catalogue import checked_types
from gymhopper.contexts.integrations.domain.endpoint import (
    LONGEST_OVERLAP,
    DisabledReason,
    Endpoint,
    Status,
)
from gymhopper.contexts.integrations.domain.signature import shown
from gymhopper.contexts.integrations.gateways.senders import webhook_sender
from gymhopper.contexts.integrations.storage.secrets import open_secret
from gymhopper.contexts.integrations.usecases.change_endpoint import (
    Change,
    change_endpoint,
    delete_endpoint,
)
from gymhopper.contexts.integrations.usecases.create_endpoint import (
    CreateEndpoint,
    create_endpoint,
)
from gymhopper.contexts.integrations.usecases.rotate_secret import rotate_secret
from gymhopper.kernel.errors import NotFound

router = APIRouter(prefix="/webhook-endpoints", tags=["webhooks"])

_LONGEST_OVERLAP_HOURS = int(LONGEST_OVERLAP / timedelta(hours=1))

Url = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Description = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
EventTypes = Annotated[
    list[Annotated[str, StringConstraints(max_length=200)]], Field(min_length=1, max_length=200)
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewWebhookEndpoint(_Request):
    """An endpoint to be made; `organisation_id` may be left out by callers who act for only one."""

    url: Url = Field(examples=["https://example.com/hooks/gymhopper"])
    event_types: EventTypes = Field(
        description="Types of events as `GET /webhook-event-types` lists them, or `*` for all.",
        examples=[["membership.membership.activated.v1", "membership.membership.ended.v1"]],
    )
    description: Description = Field(default="", examples=["Newsletter"])
    organisation_id: UUID | None = None


class WebhookEndpointChange(_Request):
    """What is to change; what is left out stays. Enabling forgives earlier failures."""

    url: Url | None = Field(default=None, examples=["https://example.com/hooks/gymhopper"])
    event_types: EventTypes | None = Field(default=None, examples=[["*"]])
    description: Description | None = Field(default=None, examples=["Newsletter"])
    status: Status | None = Field(default=None, examples=["disabled"])


class SecretRotation(_Request):
    """For how long the present secret signs beside the new one; 0 ends it at once."""

    overlap_hours: int = Field(ge=0, le=_LONGEST_OVERLAP_HOURS, examples=[24])


class WebhookEndpoint(BaseModel):
    """An endpoint, without its secret."""

    id: UUID
    organisation_id: UUID
    url: str
    description: str
    event_types: list[str]
    status: Status
    disabled_reason: DisabledReason | None = Field(
        description="`gone`: it answered 410; `failing`: it failed for days; `by_hand`."
    )
    disabled_at: AwareDatetime | None
    previous_secret_until: AwareDatetime | None = Field(
        description="Until when the secret before the present one signs, too."
    )
    created_at: AwareDatetime


class CreatedWebhookEndpoint(WebhookEndpoint):
    """A new endpoint with its secret."""

    secret: str = Field(description="What its deliveries are signed with.")


class WebhookEndpointPage(Page[WebhookEndpoint]):
    """Some of the endpoints."""


class WebhookHealth(BaseModel):
    """How an endpoint is."""

    failures: int = Field(description="Tries that failed since one last succeeded.")
    failing_since: AwareDatetime | None = Field(description="When the first of them failed.")
    not_before: AwareDatetime | None = Field(
        description="Until then nothing is sent, because of those failures."
    )
    waiting: int = Field(description="Deliveries that are not finished.")


class WebhookSecret(BaseModel):
    """What deliveries are signed with: `whsec_` and base64, by the Standard Webhooks spec."""

    secret: str


@router.post("", status_code=201, summary="Add a webhook endpoint")
async def create_webhook_endpoint(
    body: NewWebhookEndpoint,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("webhooks:write"),
) -> CreatedWebhookEndpoint:
    """It is told of what happens from now on. Its host must have public addresses only."""
    caller.require_place()
    organisation_id = await tenant(runtime, caller, body.organisation_id)
    types = checked_types(body.event_types)
    url = await webhook_sender(runtime).check(body.url)
    async with runtime.begin(caller) as uow:
        endpoint, secret = await create_endpoint(
            uow,
            CreateEndpoint(
                organisation_id=organisation_id,
                url=url,
                description=body.description,
                event_types=types,
            ),
        )
    set_etag(response, endpoint.version)
    response.headers["Cache-Control"] = "no-store"
    return CreatedWebhookEndpoint(**_shown(endpoint).model_dump(), secret=shown(secret))


@router.get("", summary="List webhook endpoints")
async def list_webhook_endpoints(
    runtime: CurrentRuntime, page: Paged, caller: AuthSubject = scoped("webhooks:read")
) -> WebhookEndpointPage:
    """The organisation's endpoints, oldest first."""
    caller.require_place()
    async with runtime.read(caller) as connection:
        found = await queries.endpoints(connection, after=page.after(UUID), limit=page.fetch)
    shown, next_cursor = page.cut(found, lambda each: each.id)
    return WebhookEndpointPage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


@router.get("/{endpoint_id}", summary="Show a webhook endpoint")
async def get_webhook_endpoint(
    endpoint_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("webhooks:read"),
) -> WebhookEndpoint:
    """Where it is, and what it is told."""
    caller.require_place()
    async with runtime.read(caller) as connection:
        found = await queries.endpoint(connection, endpoint_id)
    if found is None:
        raise NotFound("There is no webhook endpoint with this id.")
    set_etag(response, found.version)
    return _shown(found)


@router.get("/{endpoint_id}/health", summary="Show how a webhook endpoint is")
async def get_webhook_health(
    endpoint_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("webhooks:read")
) -> WebhookHealth:
    """Whether it fails, since when, and how much waits for it."""
    caller.require_place()
    async with runtime.read(caller) as connection:
        found = await queries.health(connection, endpoint_id)
    if found is None:
        raise NotFound("There is no webhook endpoint with this id.")
    return WebhookHealth.model_validate(found, from_attributes=True)


@router.patch("/{endpoint_id}", summary="Change a webhook endpoint")
async def change_webhook_endpoint(
    endpoint_id: UUID,
    body: WebhookEndpointChange,
    response: Response,
    runtime: CurrentRuntime,
    expected: IfMatch,
    caller: AuthSubject = scoped("webhooks:write"),
) -> WebhookEndpoint:
    """What still waits goes to where the endpoint is from now on. While it is disabled nothing is
    sent; what it misses can be replayed for 30 days."""
    caller.require_place()
    change = Change(
        url=None if body.url is None else await webhook_sender(runtime).check(body.url),
        description=body.description,
        event_types=None if body.event_types is None else checked_types(body.event_types),
        status=body.status,
    )
    async with runtime.begin(caller) as uow:
        endpoint = await change_endpoint(uow, endpoint_id, change, expected)
    set_etag(response, endpoint.version)
    return _shown(endpoint)


@router.delete("/{endpoint_id}", status_code=204, summary="Delete a webhook endpoint")
async def delete_webhook_endpoint(
    endpoint_id: UUID,
    runtime: CurrentRuntime,
    expected: IfMatch,
    caller: AuthSubject = scoped("webhooks:write"),
) -> None:
    """It is told nothing more, and its log is gone."""
    caller.require_place()
    async with runtime.begin(caller) as uow:
        await delete_endpoint(uow, endpoint_id, expected)


@router.get("/{endpoint_id}/secret", summary="Show a webhook endpoint's secret")
async def get_webhook_secret(
    endpoint_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("webhooks:write"),
) -> WebhookSecret:
    """The newest one. Who may read it may forge deliveries, so it takes the right to write."""
    caller.require_place()
    async with runtime.read(caller) as connection:
        sealed = await queries.sealed_secret(connection, endpoint_id)
    if sealed is None:
        raise NotFound("There is no webhook endpoint with this id.")
    await runtime.looked_at(caller, None, ("integrations.endpoint", endpoint_id))
    response.headers["Cache-Control"] = "no-store"
    return WebhookSecret(secret=shown(open_secret(runtime, endpoint_id, sealed)))


@router.post("/{endpoint_id}/secret/rotate", summary="Give a webhook endpoint a new secret")
async def rotate_webhook_secret(
    endpoint_id: UUID,
    body: SecretRotation,
    response: Response,
    runtime: CurrentRuntime,
    expected: IfMatch,
    caller: AuthSubject = scoped("webhooks:write"),
) -> CreatedWebhookEndpoint:
    """While both secrets are live, every delivery carries a signature by each. A second rotation
    has to wait until then, unless it ends all other secrets at once (`overlap_hours` 0)."""
    caller.require_place()
    async with runtime.begin(caller) as uow:
        endpoint, secret = await rotate_secret(
            uow, endpoint_id, timedelta(hours=body.overlap_hours), expected
        )
    set_etag(response, endpoint.version)
    response.headers["Cache-Control"] = "no-store"
    return CreatedWebhookEndpoint(**_shown(endpoint).model_dump(), secret=shown(secret))


def _shown(endpoint: Endpoint | queries.EndpointView) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=endpoint.id,
        organisation_id=endpoint.organisation_id,
        url=endpoint.url,
        description=endpoint.description,
        event_types=list(endpoint.event_types),
        status=endpoint.status,
        disabled_reason=endpoint.disabled_reason,
        disabled_at=endpoint.disabled_at,
        previous_secret_until=endpoint.previous_until,
        created_at=endpoint.created_at,
    )
