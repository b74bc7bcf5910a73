"""Leaving in two steps without signing in: ask for a link, see what it comes to, confirm."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.membership.domain.leaving_request import Claim
from gymhopper.contexts.membership.domain.receipt import Act
from gymhopper.contexts.membership.http.fields import Language, Request, Word
from gymhopper.contexts.membership.http.leaving import ReceiptAnswer
from gymhopper.contexts.membership.usecases import leave_by_link
from gymhopper.contexts.membership.usecases.leave_by_link import SOMEBODY, Offered
from gymhopper.contexts.membership.usecases.request_leaving import request_leaving

router = APIRouter(
    prefix="/leaving-requests", tags=["memberships"], dependencies=[limited("sign_in")]
)

Token = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\w-]+$")]


class LeavingRequestBody(Request):
    """Who wants to leave where. The link goes to the mailbox that the gym knows of the member."""

    organisation_id: UUID
    act: Act
    email: str | None = Field(
        default=None,
        max_length=254,
        pattern=r"^[^\s@\x00]+@[^\s@\x00]+$",
        examples=["ada@example.org"],
    )
    member_number: Word | None = Field(default=None, examples=["1042"])
    language: Language = "en"

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.email is None and self.member_number is None:
            raise ValueError("give the e-mail address, the member number, or both")
        return self


class LeavingLink(Request):
    """The token of the link that came by mail."""

    token: Token


class LeavingConfirmation(LeavingLink):
    """Which of the memberships that the link offers is left."""

    membership_id: UUID


class LinkOnItsWay(BaseModel):
    """The same for everybody: look into the mailbox."""

    status: Literal["look into your mailbox"] = "look into your mailbox"


class LeavingOffer(BaseModel):
    """What would become of a membership: when it would end, and what part of the money would go
    back (`given_back_days` of `of_days`); or why it cannot be done; or the receipt, once it was."""

    membership_id: UUID
    plan_name: str
    act: Act
    ends_at: datetime | None
    given_back_days: int | None
    of_days: int | None
    refused: str | None
    receipt: ReceiptAnswer | None


class LeavingPreview(BaseModel):
    """The memberships of the mailbox's members."""

    items: list[LeavingOffer]


@router.post("", status_code=202, summary="Ask for a link to leave")
async def create_leaving_request(
    body: LeavingRequestBody, runtime: CurrentRuntime, _: AuthSubject = public()
) -> LinkOnItsWay:
    """For a cancellation or a withdrawal. The answer never tells whether anybody is known; who is
    gets a link by mail, and what it declares counts from now."""
    async with runtime.begin(SOMEBODY) as uow:
        claim = Claim(email=body.email, member_number=body.member_number)
        await request_leaving(uow, body.organisation_id, body.act, claim, body.language)
    return LinkOnItsWay()


@router.post("/preview", summary="See what a link to leave comes to", responses=refuses(401))
async def preview_leaving(
    body: LeavingLink, runtime: CurrentRuntime, _: AuthSubject = public()
) -> LeavingPreview:
    """Nothing changes."""
    found = await leave_by_link.preview_leaving(runtime, body.token)
    return LeavingPreview(items=[_offer(each) for each in found])


@router.post(
    "/confirm",
    status_code=201,
    summary="Cancel or withdraw by a link",
    responses=refuses(401, 404, 409),
)
async def confirm_leaving(
    body: LeavingConfirmation, runtime: CurrentRuntime, _: AuthSubject = public()
) -> ReceiptAnswer:
    """Declares it, and answers with the receipt; asked again, with the same one."""
    return ReceiptAnswer.of(
        await leave_by_link.confirm_leaving(runtime, body.token, body.membership_id)
    )


def _offer(each: Offered) -> LeavingOffer:
    share = each.share
    return LeavingOffer(
        membership_id=each.membership_id,
        plan_name=each.plan_name,
        act=each.act,
        ends_at=each.ends_at,
        given_back_days=None if share is None else share.days,
        of_days=None if share is None else share.of_days,
        refused=each.refused,
        receipt=None if each.receipt is None else ReceiptAnswer.of(each.receipt),
    )
