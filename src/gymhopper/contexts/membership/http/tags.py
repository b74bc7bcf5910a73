"""Tags of members."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.membership.http.fields import Request, Word
from gymhopper.contexts.membership.usecases import tag_member as tagging

router = APIRouter(tags=["members"])

Tags = Annotated[list[Word], Field(default_factory=list, max_length=tagging.MOST_TAGS)]


class TagChange(Request):
    """Tags to give and to take away; the others stay."""

    set: Tags = Field(examples=[["vip"]])
    unset: Tags


class TagsAnswer(BaseModel):
    """All tags of the member."""

    tags: list[str]


@router.patch("/members/{member_id}/tags", summary="Set and unset tags of a member")
async def tag_member(
    member_id: UUID,
    body: TagChange,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:write"),
) -> TagsAnswer:
    """What is so already stays so, and two desks at once lose nothing of each other's."""
    async with runtime.begin(caller) as uow:
        member = await tagging.tag_member(uow, member_id, set_=body.set, unset=body.unset)
    return TagsAnswer(tags=list(member.tags))
