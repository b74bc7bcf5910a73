"""Routes of levels: what members have reached in a discipline."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.scheduling.http.fields import Request, Word
from gymhopper.contexts.scheduling.queries.levels import levels
from gymhopper.contexts.scheduling.usecases.keep_level import member_of, set_level

router = APIRouter(prefix="/members/{member_id}/levels", tags=["levels"])


class LevelSaid(Request):
    """How much has been reached; classes ask for at least so much."""

    level: int = Field(ge=1, le=100, strict=True, examples=[3])


class LevelAnswer(BaseModel):
    """A discipline, as classes call it, and what was reached there."""

    discipline: str
    level: int


class LevelList(BaseModel):
    """All disciplines of which staff said something, by their names."""

    items: list[LevelAnswer]


@router.get("", summary="List the levels of a member")
async def list_levels(
    member_id: UUID,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("levels:read"),
) -> LevelList:
    """For staff, the member, and guardians."""
    member = await member_of(here, caller, member_id, to_read=True)
    async with here.read(SERVICE) as connection:
        found = await levels(connection, member.organisation_id, member.person_id)
    return LevelList(items=[LevelAnswer(discipline=x, level=y) for x, y in found])


@router.put("/{discipline}", summary="Say what a member has reached")
async def put_level(
    member_id: UUID,
    discipline: Word,
    body: LevelSaid,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("levels:write"),
) -> LevelAnswer:
    """In one discipline, at this organisation. Bookings ask for it from now on."""
    member = await member_of(here, caller, member_id)
    async with here.begin(caller) as uow:
        await set_level(uow, member, discipline, body.level)
    return LevelAnswer(discipline=discipline, level=body.level)


@router.delete("/{discipline}", status_code=204, summary="Take a level of a member back")
async def delete_level(
    member_id: UUID,
    discipline: Word,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("levels:write"),
) -> None:
    """What the member has booked stays booked. Done again, it changes nothing."""
    member = await member_of(here, caller, member_id)
    async with here.begin(caller) as uow:
        await set_level(uow, member, discipline, None)
