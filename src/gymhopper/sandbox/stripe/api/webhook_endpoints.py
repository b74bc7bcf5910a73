"""Webhook endpoints: addresses besides the platform's own route that are told of events."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.webhook_endpoint import new_secret, webhook_endpoint
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    Listed,
    Metadata,
    Nothing,
    Paging,
    Parameters,
    Text,
    Url,
    merged_metadata,
)

endpoints = Endpoints()

_PATH = "/v1/webhook_endpoints"
_TYPE = re.compile(r"\*|[a-z_0-9]+(\.[a-z_0-9]+)+")


def _type(value: str) -> str:
    if not _TYPE.fullmatch(value):
        raise ValueError(f"Invalid event type: {value}")
    return value


EventType = Annotated[Text, AfterValidator(_type)]
EventTypes = Annotated[Listed[EventType], Field(min_length=1)]


class CreateWebhookEndpoint(Parameters):
    api_version: Literal["2026-08-26.dahlia"] | None = None
    connect: bool = False
    description: Clearable[Text] = None
    enabled_events: EventTypes
    metadata: Metadata | None = None
    url: Url


class UpdateWebhookEndpoint(Parameters):
    description: Clearable[Text] = None
    disabled: bool | None = None
    enabled_events: EventTypes | None = None
    metadata: Metadata | None = None
    url: Url | None = None


@endpoints.on("POST", _PATH, CreateWebhookEndpoint)
async def create_webhook_endpoint(call: Call, parameters: CreateWebhookEndpoint) -> Object:
    secret = new_secret()
    made = webhook_endpoint(
        created=call.store.now,
        url=parameters.url,
        enabled_events=parameters.enabled_events,
        given=parameters.given("description", "metadata"),
    )
    await call.store.insert(made, hidden={"connect": parameters.connect, "secret": secret})
    return {**made, "secret": secret}


@endpoints.on("POST", f"{_PATH}/{{key}}", UpdateWebhookEndpoint)
async def update_webhook_endpoint(
    call: Call, parameters: UpdateWebhookEndpoint, *, key: str
) -> Object:
    before = await call.store.get("webhook_endpoint", key, param="id")
    changes = parameters.given("description", "enabled_events", "url")
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    if parameters.disabled is not None:
        changes["status"] = "disabled" if parameters.disabled else "enabled"
    return await call.store.update(before, changes)


@endpoints.on("DELETE", f"{_PATH}/{{key}}", Nothing)
async def delete_webhook_endpoint(call: Call, parameters: Nothing, *, key: str) -> Object:
    del parameters
    return await call.store.delete(await call.store.get("webhook_endpoint", key, param="id"))


endpoints.retrieving(_PATH, "webhook_endpoint")
endpoints.listing(_PATH, "webhook_endpoint", Paging)
