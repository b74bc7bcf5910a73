"""Guests that members bring."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.membership.http.fields import Email, Line, Request
from gymhopper.contexts.membership.queries.guests import GuestView, guests
from gymhopper.contexts.membership.queries.memberships import membership_view
from gymhopper.contexts.membership.usecases import invite_guest as inviting

router = APIRouter(prefix="/memberships/{membership_id}/guest-passes", tags=["memberships"])


class GuestRequest(Request):
    """Somebody by name, or by the `member_id` of a guest whom this membership had before."""

    first_name: Line | None = Field(default=None, examples=["Grace"])
    last_name: Line | None = Field(default=None, examples=["Hopper"])
    email: Email | None = None
    member_id: UUID | None = None
    day: date | None = Field(default=None, description="The first local day; today when left out.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        named = self.first_name is not None and self.last_name is not None
        if named == (self.member_id is not None):
            raise ValueError("say the guest's names, or which guest it is")
        return self

    def guest(self) -> inviting.NewGuest | UUID:
        """As the use case has it."""
        if self.first_name is None or self.last_name is None:
            assert self.member_id is not None  # noqa: S101 - the validator above refuses a body with neither
            return self.member_id
        return inviting.NewGuest(
            first_name=self.first_name, last_name=self.last_name, email=self.email
        )


class GuestPassAnswer(BaseModel):
    """A guest pass. `member_id` is the guest, who signs waivers and holds passes for doors as any
    member does."""

    id: UUID
    membership_id: UUID
    member_id: UUID
    person_id: UUID
    first_name: str
    last_name: str
    status: Literal["open", "used", "over", "withdrawn"]
    day: date
    start: datetime
    until: datetime
    host_inside: bool
    used_at: datetime | None


class GuestPassList(BaseModel):
    """Guests, the latest first."""

    items: list[GuestPassAnswer]


@router.post("", status_code=201, summary="Invite a guest")
async def invite_guest(
    membership_id: UUID,
    body: GuestRequest,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("guests:write"),
) -> GuestPassAnswer:
    """Within what the plan allows (`offer.guests`). What has to be signed is signed before the door
    opens, and what a guest costs is the host's. `POST /passes` makes the guest's pass for a phone.
    """
    inside = await _inside(here, caller, membership_id)
    command = inviting.InviteGuest(membership_id=membership_id, guest=body.guest(), day=body.day)
    async with here.begin(inside) as uow:
        issued = await inviting.invite_guest(uow, command)
        await uow.flush()
        [found] = await guests(uow.connection, membership_id, issued.id)
    return _answer(found, uow.now)


@router.get("", summary="List the guests of a membership")
async def list_guests(
    membership_id: UUID,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:read"),
) -> GuestPassList:
    """Also those who came, and those who will not."""
    inside = await _inside(here, caller, membership_id)
    async with here.read(inside) as connection:
        found = await guests(connection, membership_id)
    return GuestPassList(items=[_answer(each, here.clock.now()) for each in found])


@router.delete("/{guest_pass_id}", summary="Withdraw a guest pass")
async def withdraw_guest(
    membership_id: UUID,
    guest_pass_id: UUID,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("guests:write"),
) -> GuestPassAnswer:
    """Possible until the guest came; it does not count any more."""
    inside = await _inside(here, caller, membership_id)
    async with here.begin(inside) as uow:
        await inviting.withdraw_guest(uow, membership_id, guest_pass_id)
        await uow.flush()
        [found] = await guests(uow.connection, membership_id, guest_pass_id)
    return _answer(found, uow.now)


async def _inside(here: Runtime, caller: AuthSubject, membership_id: UUID) -> AuthSubject:
    """Who the caller is before the guest's rows: those are the gym's, and not the host's.

    NotFound when the membership is not the caller's.
    """
    async with here.read(caller) as connection:
        found = await membership_view(connection, membership_id, here.clock.now())
    return caller.at(found.state.organisation_id)


def _answer(found: GuestView, now: datetime) -> GuestPassAnswer:
    status: Literal["open", "used", "over", "withdrawn"] = "open"
    if found.withdrawn_at is not None:
        status = "withdrawn"
    elif found.used_at is not None:
        status = "used"
    elif found.until <= now:
        status = "over"
    return GuestPassAnswer(
        id=found.id,
        membership_id=found.membership_id,
        member_id=found.member_id,
        person_id=found.person_id,
        first_name=found.first_name,
        last_name=found.last_name,
        status=status,
        day=found.first_day,
        start=found.start,
        until=found.until,
        host_inside=found.host_inside,
        used_at=found.used_at,
    )
