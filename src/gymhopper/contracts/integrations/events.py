"""Facts about what other systems are told."""

from typing import ClassVar, Literal
from uuid import UUID

from gymhopper.contracts.event import Event


class EndpointCreated(Event, frozen=True, kw_only=True):
    """Another system is to be told of what happens at the organisation."""

    type: ClassVar[str] = "integrations.endpoint.created.v1"
    endpoint_id: UUID


class EndpointChanged(Event, frozen=True, kw_only=True):
    """Somebody changed a webhook endpoint: where it is, what it is told, its secret, or whether it
    is told anything."""

    type: ClassVar[str] = "integrations.endpoint.changed.v1"
    endpoint_id: UUID


class EndpointDeleted(Event, frozen=True, kw_only=True):
    """A webhook endpoint and its log are gone."""

    type: ClassVar[str] = "integrations.endpoint.deleted.v1"
    endpoint_id: UUID


class EndpointDisabled(Event, frozen=True, kw_only=True):
    """A webhook endpoint gets nothing any more: it answered that it is `gone` (410), or it went on
    `failing` for days."""

    type: ClassVar[str] = "integrations.endpoint.disabled.v1"
    endpoint_id: UUID
    reason: Literal["gone", "failing"]
