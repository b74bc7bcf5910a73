"""Members who are registered twice: found, and made one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.membership.http.fields import Request
from gymhopper.contexts.membership.http.members import MemberCard, member_card
from gymhopper.contexts.membership.queries.duplicates import Pair, Reason, duplicates
from gymhopper.contexts.membership.usecases import merge_members as merging

router = APIRouter(prefix="/members", tags=["members"])


class DuplicatePair(BaseModel):
    """Two members who may be one, the one who was registered first in front, and why."""

    first: MemberCard
    second: MemberCard
    reasons: list[Reason]


class DuplicatePage(Page[DuplicatePair]):
    """Pairs, those of the oldest members first."""


class DuplicateQuery(PageQuery):
    """Whose duplicates."""

    organisation_id: UUID | None = Field(
        default=None, description="For callers who act for more than one."
    )


class MergeRequest(Request):
    """Who turned out to be the member."""

    duplicate_id: UUID


class MergeAnswer(BaseModel):
    """What moved: how much of each kind, and what the survivor had not."""

    member_id: UUID
    duplicate_id: UUID
    moved: dict[str, int] = Field(examples=[{"memberships": 1, "notes": 2, "agreements": 2}])
    tags: list[str]
    emergency_contact: bool
    external_ref: bool


@router.get("/duplicates", summary="List members who may be registered twice")
async def list_duplicates(
    asked: Annotated[DuplicateQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("duplicates:read"),
) -> DuplicatePage:
    """The same e-mail address or telephone, or the same birth date and a name that is alike.

    A family may share an address: these are candidates, not findings.
    """
    organisation_id = await tenant(runtime, caller, asked.organisation_id)
    async with runtime.read(caller) as connection:
        found = await duplicates(
            connection,
            organisation_id=organisation_id,
            after=asked.after(tuple[UUID, UUID]),
            limit=asked.fetch,
        )
    shown, next_cursor = asked.cut(found, lambda each: each.place)
    return DuplicatePage(items=[_pair(each) for each in shown], next_cursor=next_cursor)


@router.post("/{member_id}/merge", summary="Merge a duplicate into a member")
async def merge_members(
    member_id: UUID,
    body: MergeRequest,
    runtime: CurrentRuntime,
    response: Response,
    expected: IfMatch,
    caller: AuthSubject = scoped("duplicates:write"),
) -> MergeAnswer:
    """The member stays, with name and contact data; all that the duplicate has becomes the
    member's, cards and visits included, and the duplicate's id leads to the member. With `Dry-Run`
    it tells what would move."""
    async with runtime.begin(caller) as uow:
        moved = await merging.merge_members(uow, member_id, body.duplicate_id, expected=expected)
    set_etag(response, moved.version)
    return MergeAnswer(
        member_id=member_id,
        duplicate_id=body.duplicate_id,
        moved=moved.rows,
        tags=list(moved.tags),
        emergency_contact=moved.emergency_contact,
        external_ref=moved.external_ref,
    )


def _pair(found: Pair) -> DuplicatePair:
    return DuplicatePair(
        first=member_card(found.first),
        second=member_card(found.second),
        reasons=list(found.reasons),
    )
