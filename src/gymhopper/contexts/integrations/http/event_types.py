"""What webhooks can tell of."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import scoped
from gymhopper.contexts.integrations.catalogue import offered

router = APIRouter(prefix="/webhook-event-types", tags=["webhooks"])


class EventType(BaseModel):
    """A type of events. Its name ends in the version of its form, which never changes."""

    type: str = Field(examples=["membership.membership.activated.v1"])
    summary: str
    data_schema: dict[str, Any] = Field(description="JSON Schema of the payload's `data`.")
    example: dict[str, Any] = Field(description="A whole payload.")


class EventTypes(BaseModel):
    """All that can be chosen."""

    items: list[EventType]


@router.get("", summary="List what webhooks can tell of")
async def list_webhook_event_types(caller: AuthSubject = scoped("webhooks:read")) -> EventTypes:
    """Every type that an endpoint can choose, with the schema of its data and an example."""
    del caller
    return EventTypes(
        items=[
            EventType(
                type=each.type,
                summary=each.summary,
                data_schema=each.schema,
                example={
                    "type": each.type,
                    "timestamp": "2026-03-29T01:30:00Z",
                    "data": each.example,
                },
            )
            for each in offered()
        ]
    )
