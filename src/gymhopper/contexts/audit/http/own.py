"""What a member sees: who looked at their record, and who changed it."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.chassis.audit.entry import Entry
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, signed_in
from gymhopper.chassis.http.paging import Page, Paged
from gymhopper.contexts.audit.queries import entries as queries

router = APIRouter(prefix="/me/audit", tags=["audit"])


By = Literal["member", "staff", "partner", "program", "support", "platform"]
"""A member's account (mostly the person's own), or what kind of caller else."""


class OwnAuditEntry(BaseModel):
    """Something that was done with a member's record: by which role of which gym, not by whom."""

    id: UUID
    at: AwareDatetime
    organisation_id: UUID | None = Field(description="The gym's; null where it was the platform.")
    by: By
    role: str | None = Field(examples=["front_desk"])
    in_your_name: bool = Field(description="Whether a supporter looked through your eyes.")
    action: str = Field(examples=["looked", "wrote"])
    operation: str | None = Field(examples=["get_member"])
    kinds: list[str] = Field(
        description="Which kinds of things it was about.", examples=[["membership.member"]]
    )


class OwnAuditPage(Page[OwnAuditEntry]):
    """What was done with the caller's record, the newest first."""


@router.get("", summary="See who looked at my record or changed it")
async def list_my_audit_entries(
    page: Paged, runtime: CurrentRuntime, caller: AuthSubject = signed_in()
) -> OwnAuditPage:
    """Entries of all gyms about the person that the session acts for, if it acts for one."""
    if caller.person_id is None:
        return OwnAuditPage(items=[], next_cursor=None)
    async with runtime.read(caller) as connection:
        found = await queries.entries(
            connection,
            queries.Filter(person_id=caller.person_id),
            behind=page.after(queries.Place),
            limit=page.fetch,
        )
    shown, cursor = page.cut(found, lambda each: queries.Place(each.at, each.id))
    return OwnAuditPage(items=[_answer(each) for each in shown], next_cursor=cursor)


_BY: dict[str, By] = {
    "member": "member",
    "staff": "staff",
    "partner": "partner",
    "service": "program",
    "support": "support",
}


def _answer(entry: Entry) -> OwnAuditEntry:
    return OwnAuditEntry(
        id=entry.id,
        at=entry.at,
        organisation_id=entry.organisation_id,
        by=_BY.get(entry.actor.partition(":")[0], "platform"),
        role=entry.role,
        in_your_name=entry.on_behalf_of is not None,
        action=entry.action,
        operation=entry.operation,
        kinds=sorted({each.kind for each in entry.changes}),
    )
