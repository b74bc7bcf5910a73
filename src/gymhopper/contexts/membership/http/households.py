"""Routes of households."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.contexts.membership.domain.household import DebtBlocks
from gymhopper.contexts.membership.http.fields import Line, Request
from gymhopper.contexts.membership.queries import payers as queries
from gymhopper.contexts.membership.usecases import keep_household as keeping

router = APIRouter(tags=["families"])

Blocks = Annotated[
    DebtBlocks,
    Field(
        description="Whose doors close when something is overdue: those of the membership itself, "
        "those of whoever pays, or everybody's whose membership the household pays."
    ),
]


class HouseholdOpening(Request):
    """Whoever pays is the household's first member."""

    name: Line = Field(examples=["Byron"])
    payer_member_id: UUID
    debt_blocks: Blocks = "user"


class HouseholdChange(Request):
    """What the household is called, and whose doors its debts close."""

    name: Line = Field(examples=["Byron"])
    debt_blocks: Blocks = "user"


class NewHousemate(Request):
    """A member who agreed to be in the household."""

    member_id: UUID


class HousemateAnswer(BaseModel):
    """A member who is in the household."""

    member_id: UUID
    person_id: UUID
    joined_at: datetime


class HouseholdAnswer(BaseModel):
    """A household. Members see themselves in it, the desk sees all."""

    id: UUID
    organisation_id: UUID
    name: str
    payer_member_id: UUID
    debt_blocks: DebtBlocks
    members: list[HousemateAnswer]


@router.post("/households", status_code=201, summary="Open a household")
async def open_household(
    body: HouseholdOpening,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:write"),
) -> HouseholdAnswer:
    """Purchases of its members can name it as who pays. It has a billing account of its own."""
    async with runtime.begin(caller) as uow:
        made = await keeping.open_household(
            uow,
            name=body.name,
            payer_member_id=body.payer_member_id,
            debt_blocks=body.debt_blocks,
        )
        return _shown(response, await queries.household_view(uow.connection, made.id))


@router.get("/households/{household_id}", summary="Read a household")
async def get_household(
    household_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:read"),
) -> HouseholdAnswer:
    """Who pays, and who is in it."""
    async with runtime.read(caller) as connection:
        return _shown(response, await queries.household_view(connection, household_id))


@router.get("/members/{member_id}/household", summary="Read the household of a member")
async def get_household_of_member(
    member_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:read"),
) -> HouseholdAnswer:
    """The one that the member is in now."""
    async with runtime.read(caller) as connection:
        return _shown(response, await queries.household_of(connection, member_id))


@router.put("/households/{household_id}", summary="Change a household")
async def change_household(
    household_id: UUID,
    body: HouseholdChange,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:write"),
) -> HouseholdAnswer:
    """Doors follow at once where something is overdue."""
    async with runtime.begin(caller) as uow:
        await keeping.change_household(
            uow, household_id, name=body.name, debt_blocks=body.debt_blocks, expected=expected
        )
        await uow.flush()
        return _shown(response, await queries.household_view(uow.connection, household_id))


@router.post(
    "/households/{household_id}/members", status_code=201, summary="Add a member to a household"
)
async def add_housemate(
    household_id: UUID,
    body: NewHousemate,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:write"),
) -> HousemateAnswer:
    """Who agreed to it at the desk. Nobody is in two households at once."""
    async with runtime.begin(caller) as uow:
        joined = await keeping.add_housemate(uow, household_id, body.member_id)
    return HousemateAnswer(
        member_id=joined.member_id, person_id=joined.person_id, joined_at=joined.joined_at
    )


@router.delete(
    "/households/{household_id}/members/{member_id}",
    status_code=204,
    summary="Take a member out of a household",
)
async def remove_housemate(
    household_id: UUID,
    member_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("members:write"),
) -> None:
    """Refused while the household pays for a membership of theirs."""
    async with runtime.begin(caller) as uow:
        await keeping.remove_housemate(uow, household_id, member_id)


def _shown(response: Response, found: queries.HouseholdView) -> HouseholdAnswer:
    set_etag(response, found.version)
    return HouseholdAnswer(
        id=found.id,
        organisation_id=found.organisation_id,
        name=found.name,
        payer_member_id=found.payer_member_id,
        debt_blocks=found.debt_blocks,
        members=[
            HousemateAnswer(
                member_id=each.member_id, person_id=each.person_id, joined_at=each.joined_at
            )
            for each in found.members
        ],
    )
