"""The home location of a membership."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.membership.http.fields import Request
from gymhopper.contexts.membership.http.memberships import MembershipAnswer, membership_answer
from gymhopper.contexts.membership.http.prices import known_location
from gymhopper.contexts.membership.usecases import move_home as usecase

router = APIRouter(tags=["memberships"])


class HomeRequest(Request):
    """Where home is from a local day on."""

    location_id: UUID
    start: date | None = Field(default=None, description="Now when left out.")


@router.post("/memberships/{membership_id}/home", summary="Choose another home location")
async def move_home(
    membership_id: UUID,
    body: HomeRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:write"),
) -> MembershipAnswer:
    """From now or from a day on. A move that was planned before is not to be any more; to take one
    back, choose the present home."""
    place = await known_location(runtime, body.location_id, "location_id")
    async with runtime.begin(caller) as uow:
        moved = await usecase.move_home(uow, membership_id, place, body.start)
    return membership_answer(moved, caller)
