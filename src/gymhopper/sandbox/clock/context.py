"""Moves the whole platform's time forward, for demos and tests; no part of a live installation."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.registry import Context

router = APIRouter(tags=["sandbox"])


class ClockMove(BaseModel):
    """How far to move."""

    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[float, Field(ge=0, le=10 * 365 * 86_400)]


class ClockView(BaseModel):
    """The platform's time, and how far it is ahead of the machine's."""

    now: datetime
    offset_seconds: float


@router.post("/sandbox/clock", summary="Move the platform's time forward")
async def advance_clock(
    body: ClockMove, here: CurrentRuntime, caller: AuthSubject = scoped("sandbox:write")
) -> ClockView:
    """For every process of the platform at once. Time never runs backwards."""
    del caller  # the scope is all that is asked
    await here.stored_clock.advance(timedelta(seconds=body.seconds))
    return ClockView(now=here.clock.now(), offset_seconds=here.stored_clock.offset.total_seconds())


context = Context(
    name="sandbox_clock",
    routers=[router],
    tags={"sandbox": "What simulations need; no part of a live installation."},
    scopes={"sandbox:write": "move the platform's time"},
)
