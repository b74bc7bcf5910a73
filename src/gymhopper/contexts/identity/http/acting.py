"""For whom a session acts, over HTTP."""

from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, signed_in
from gymhopper.contexts.identity.http.acting_answers import Acting, present_acting
from gymhopper.contexts.identity.http.fields import Request
from gymhopper.contexts.identity.subjects import account_of, own_account
from gymhopper.contexts.identity.usecases.switch_acting import Choice, switch_acting

router = APIRouter(tags=["sessions"])


class ActingChoice(Request):
    """An assignment, or a person, or neither: then the session acts for nobody."""

    assignment_id: UUID | None = Field(default=None)
    person_id: UUID | None = None

    @model_validator(mode="after")
    def _one_at_most(self) -> Self:
        if self.assignment_id is not None and self.person_id is not None:
            raise ValueError("A session acts for an assignment or for a person, not for both.")
        return self


@router.put("/sessions/current/acting", summary="Choose for whom this session acts")
async def switch_session(
    body: ActingChoice, runtime: CurrentRuntime, caller: AuthSubject = signed_in()
) -> Acting:
    """One of those that `GET /me` lists. Acts at once here, within five seconds everywhere.

    What a supporter was looking at through a member's eyes is over with it.
    """
    assert caller.session_id is not None  # noqa: S101 - signed_in has seen to it
    choice = Choice(assignment_id=body.assignment_id, person_id=body.person_id)
    async with runtime.begin(own_account(caller)) as uow:
        await switch_acting(
            uow, session_id=caller.session_id, account_id=account_of(caller), choice=choice
        )
    return await present_acting(runtime, caller.session_id)
