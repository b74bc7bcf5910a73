"""Cards and passes: what people present at doors."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access import queries
from gymhopper.contexts.access.domain.holdings import Holding
from gymhopper.contexts.access.queries import HoldingRow
from gymhopper.contexts.access.usecases.hand_out_credential import (
    NewCredential as Given,
)
from gymhopper.contexts.access.usecases.hand_out_credential import (
    hand_out_credential,
    hand_out_own_pass,
    revoke_pass,
)
from gymhopper.contexts.access.usecases.hand_out_credential import (
    revoke_credential as revoke,
)
from gymhopper.contracts.membership.api import MemberRef, MembershipApi
from gymhopper.kernel.errors import InvalidInput, NotFound

router = APIRouter(tags=["access"])


class NewCredential(BaseModel):
    """A card by its number, or a pass, whose value is made and told once."""

    model_config = ConfigDict(extra="forbid")

    member_id: UUID
    kind: Literal["card", "pass"]
    value: Annotated[str, Field(max_length=128, examples=["04A2B9C2"])] | None = None
    start: datetime | None = None
    until: datetime | None = None


class NewPass(BaseModel):
    """For which of one's memberships of gyms: the member's id there."""

    model_config = ConfigDict(extra="forbid")

    member_id: UUID


class CredentialView(BaseModel):
    """A credential; `value` is told only when it is handed out."""

    id: UUID
    person_id: UUID
    kind: str
    ending: str
    start: datetime | None
    until: datetime | None
    revoked_at: datetime | None
    value: str | None = None


class CredentialList(BaseModel):
    """A person's credentials, the newest first."""

    items: list[CredentialView]


@router.post("/credentials", status_code=201, summary="Hand out a card or a pass")
async def create_credential(
    body: NewCredential, here: CurrentRuntime, caller: AuthSubject = scoped("credentials:write")
) -> CredentialView:
    """The value of a pass is in this answer and nowhere else."""
    member = await _member(here, caller, body.member_id)
    if body.kind == "card" and body.value is None:
        raise InvalidInput("A card has a number.", field="value")
    if body.kind == "pass" and body.value is not None:
        raise InvalidInput("The value of a pass is made here.", field="value")
    async with here.begin(caller) as uow:
        handed_out = await hand_out_credential(
            uow,
            Given(
                organisation_id=member.organisation_id,
                person_id=member.person_id,
                kind=body.kind,
                value=body.value,
                start=body.start,
                until=body.until,
            ),
        )
    return _view(handed_out.holding, handed_out.value)


@router.get("/credentials", summary="Cards and passes of a person")
async def list_credentials(
    person_id: Annotated[UUID, Query()],
    here: CurrentRuntime,
    caller: AuthSubject = scoped("credentials:read"),
) -> CredentialList:
    """Also those that were taken back. Values are stored nowhere."""
    async with here.read(caller) as connection:
        found = await queries.list_credentials(connection, person_id=person_id)
    return CredentialList(items=[_view(each) for each in found])


@router.post("/credentials/{credential_id}/revoke", summary="Take a card or a pass back")
async def revoke_credential(
    credential_id: UUID,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("credentials:write"),
) -> CredentialView:
    """It opens nothing any more; the person's others go on working."""
    async with here.begin(caller) as uow:
        return _view(await revoke(uow, credential_id))


@router.post("/passes", status_code=201, summary="Make a pass for a phone")
async def make_pass(
    body: NewPass, here: CurrentRuntime, caller: AuthSubject = scoped("passes:write")
) -> CredentialView:
    """Its value is in this answer and nowhere else. A person may hold a few at a time.

    Whoever has invited a guest makes one for the guest, too.
    """
    member = await _member(here, caller, body.member_id, of_guest=True)
    inside = caller
    if caller.person_id is not None and caller.person_id != member.person_id:
        inside = caller.at(member.organisation_id)
    async with here.begin(inside) as uow:
        made = await hand_out_own_pass(
            uow, organisation_id=member.organisation_id, person_id=member.person_id
        )
    return _view(made.holding, made.value)


@router.post("/passes/{credential_id}/revoke", summary="Withdraw a pass")
async def withdraw_pass(
    credential_id: UUID, here: CurrentRuntime, caller: AuthSubject = scoped("passes:write")
) -> CredentialView:
    """For a phone that was lost. Cards are taken back at the desk."""
    async with here.begin(caller) as uow:
        return _view(await revoke_pass(uow, credential_id))


async def _member(
    here: Runtime, caller: AuthSubject, member_id: UUID, *, of_guest: bool = False
) -> MemberRef:
    """The member, where it is the caller's: of its organisation, itself, or its guest."""
    member = await here.api(MembershipApi).member(member_id=member_id)
    if member is not None:
        own = (member.person_id, *(member.hosts if of_guest else ()))
        if (
            caller.everywhere
            or caller.organisation_id == member.organisation_id
            or any(caller.acts_as(each, member.organisation_id) for each in own)
        ):
            return member
    raise NotFound("There is no member with this id.", field="member_id")


def _view(holding: Holding | HoldingRow, value: str | None = None) -> CredentialView:
    return CredentialView(
        id=holding.id,
        person_id=holding.person_id,
        kind=holding.kind,
        ending=holding.ending,
        start=holding.start,
        until=holding.until,
        revoked_at=holding.revoked_at,
        value=value,
    )
