"""Looking through a member's eyes, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped, signed_in
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.identity.http.acting_answers import Acting, present_acting
from gymhopper.contexts.identity.http.fields import Request
from gymhopper.contexts.identity.queries import impersonations as queries
from gymhopper.contexts.identity.subjects import account_of, own_account
from gymhopper.contexts.identity.usecases import start_impersonation as starting
from gymhopper.contexts.identity.usecases.end_impersonation import end_impersonation_of
from gymhopper.kernel.errors import Forbidden, NotFound

router = APIRouter(tags=["impersonation"])


class NewImpersonation(Request):
    """Through whose eyes, and why; the member is shown the reason."""

    member_id: UUID
    reason: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=5, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$"
        ),
    ] = Field(examples=["You asked why the pass is not shown."])


class Impersonation(BaseModel):
    """Somebody of the organisation looked, in this role; who it was, the organisation knows."""

    id: UUID
    organisation_id: UUID
    person_id: UUID
    role: str
    reason: str
    started_at: AwareDatetime
    ended_at: AwareDatetime = Field(description="Of one that goes on: when it ends at the latest.")


class ImpersonationPage(BaseModel):
    """Some of them; `next_cursor` asks for those before."""

    items: list[Impersonation]
    next_cursor: UUID | None


@router.post(
    "/sessions/current/impersonation", status_code=201, summary="Look through a member's eyes"
)
async def start_impersonation(
    body: NewImpersonation,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("impersonation:write"),
) -> Acting:
    """The session reads what the member may read, for half an hour at most, and writes nothing.

    Only of members of the organisation that it acts for. The member is shown when and why.
    """
    if caller.session_id is None:
        raise Forbidden("This is for people who signed in.", code="session_required")
    member = await starting.find_member(runtime, caller, body.member_id)
    command = starting.StartImpersonation(member=member, reason=body.reason)
    async with runtime.begin(own_account(caller)) as uow:
        await starting.start_impersonation(uow, caller, command)
    return await present_acting(runtime, caller.session_id)


@router.delete(
    "/sessions/current/impersonation",
    summary="Stop looking through a member's eyes",
    responses=refuses(404),
)
async def end_impersonation(runtime: CurrentRuntime, caller: AuthSubject = signed_in()) -> Acting:
    """The session acts for its assignment again."""
    assert caller.session_id is not None  # noqa: S101 - signed_in has seen to it
    async with runtime.begin(own_account(caller)) as uow:
        if not await end_impersonation_of(uow, caller.session_id):
            raise NotFound("This session looks through nobody's eyes.")
    return await present_acting(runtime, caller.session_id)


@router.get("/me/impersonations", summary="See who looked through your eyes")
async def list_impersonations(
    runtime: CurrentRuntime,
    caller: AuthSubject = signed_in(),
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ImpersonationPage:
    """Of everybody whom your account acts for, the latest first."""
    async with runtime.read(SERVICE) as connection:
        found = await queries.impersonations_of_account(
            connection, account_of(caller), after=cursor, limit=limit + 1
        )
    return ImpersonationPage(
        items=[
            Impersonation(
                id=each.id,
                organisation_id=each.organisation_id,
                person_id=each.person_id,
                role=each.role,
                reason=each.reason,
                started_at=each.started_at,
                ended_at=each.ended_at or each.until_at,
            )
            for each in found[:limit]
        ],
        next_cursor=found[limit - 1].id if len(found) > limit else None,
    )
