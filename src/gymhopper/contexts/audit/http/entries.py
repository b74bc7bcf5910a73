"""The log, newest first."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.chassis.audit.entry import Entry, What
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page
from gymhopper.contexts.audit.http.filters import AuditQuery
from gymhopper.contexts.audit.queries import entries as queries

router = APIRouter(prefix="/audit", tags=["audit"])


class AuditChange(BaseModel):
    """A thing that the entry is about."""

    kind: str = Field(examples=["membership.membership"])
    id: UUID
    what: What
    fields: dict[str, dict[str, Any]] = Field(
        description="For each column that became different: `before` and `after`, or `changed` "
        "where the value is personal or secret.",
        examples=[{"contract": {"before": "active", "after": "under_notice"}}],
    )


class AuditEvent(BaseModel):
    """An event that was recorded with the change."""

    type: str = Field(examples=["membership.membership.cancellation_scheduled.v1"])
    id: UUID = Field(description="Of what it happened to.")


class AuditEntry(BaseModel):
    """Who did what, when and from where."""

    id: UUID
    number: int | None = Field(description="Its place in the sealed log; null until it is sealed.")
    at: AwareDatetime
    organisation_id: UUID | None
    actor: str = Field(examples=["staff:0191f3a4-5b6c-7d8e-9f00-112233445566"])
    on_behalf_of: str | None = Field(
        description="Through whose eyes a supporter looked, where one did."
    )
    role: str | None
    assignment_id: UUID | None
    session_id: UUID | None
    action: str = Field(examples=["wrote", "looked", "signed_in"])
    operation: str | None = Field(examples=["cancel_membership"])
    method: str | None
    path: str | None = Field(examples=["/memberships/{membership_id}/cancel"])
    address: str | None
    user_agent: str | None
    correlation_id: str
    persons: list[UUID] = Field(description="Whom it concerns.")
    events: list[AuditEvent]
    changes: list[AuditChange]
    detail: dict[str, Any]


class AuditPage(Page[AuditEntry]):
    """Entries, the newest first."""


@router.get("", summary="Read the audit log")
async def list_audit_entries(
    query: Annotated[AuditQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("audit:read"),
) -> AuditPage:
    """Who did what, newest first, narrowed as the parameters say."""
    async with runtime.read(caller) as connection:
        found = await queries.entries(
            connection, query.of(caller), behind=query.after(queries.Place), limit=query.fetch
        )
    shown, cursor = query.cut(found, lambda each: queries.Place(each.at, each.id))
    return AuditPage(items=[_answer(each) for each in shown], next_cursor=cursor)


def _answer(entry: Entry) -> AuditEntry:
    return AuditEntry.model_validate(msgspec.to_builtins(entry))
