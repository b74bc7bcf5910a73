"""Renewing what was sold for a time only."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.membership.domain.plan import SalesChannel
from gymhopper.contexts.membership.domain.renewal import offered_again
from gymhopper.contexts.membership.http.fields import AgreementField, MoneyField, Request
from gymhopper.contexts.membership.http.memberships import MembershipAnswer, membership_answer
from gymhopper.contexts.membership.http.prices import PriceAnswer, known_place
from gymhopper.contexts.membership.queries.memberships import first_day_of_renewal
from gymhopper.contexts.membership.queries.plans import prices_that_hold, read_plan
from gymhopper.contexts.membership.usecases import renew_membership as renewing
from gymhopper.kernel.calendar import local_date

router = APIRouter(tags=["memberships"])

_PATH = "/memberships/{membership_id}/renewal"


class RenewalQuery(BaseModel):
    """Where and how it would be renewed."""

    location: UUID | None = Field(
        default=None, description="Left out: what holds where nothing says more."
    )
    channel: SalesChannel = "online"


class RenewalAnswer(BaseModel):
    """What a renewal would be: the plan from its first local day on, at one price in each currency.

    Joining fees of the prices are not paid again.
    """

    plan_id: UUID
    plan_name: str
    starts_on: date
    prices: list[PriceAnswer]


class RenewalRequest(Request):
    """The price of today, as it was shown."""

    price_id: UUID
    price: MoneyField = Field(description="As shown; another than the plan's is refused as stale.")
    location_id: UUID | None = Field(
        default=None, description="Where it is bought, if its price depends on that."
    )
    agreement: AgreementField


@router.get(_PATH, summary="See what a renewal costs", responses=refuses(409))
async def preview_renewal(
    membership_id: UUID,
    query: Annotated[RenewalQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:read"),
) -> RenewalAnswer:
    """Refused where the renewal would be: for what goes on by itself, or was ended on purpose."""
    place = await known_place(runtime, query.location, "location")
    now = runtime.clock.now()
    async with runtime.read(caller) as connection:
        plan_id, starts_on = await first_day_of_renewal(connection, membership_id, now)
        plan = await read_plan(connection, plan_id)
    offered_again(plan.offer)
    day = local_date(now, plan.zone)
    found = prices_that_hold(plan, day=day, channel=query.channel, place=place)
    return RenewalAnswer(
        plan_id=plan.plan_id,
        plan_name=plan.name,
        starts_on=starts_on,
        prices=[PriceAnswer.of(each) for each in found],
    )


@router.post(_PATH, status_code=201, summary="Renew a membership")
async def renew_membership(
    membership_id: UUID,
    body: RenewalRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("purchases:write"),
) -> MembershipAnswer:
    """The same plan once more, on its terms and price of today, from where the old one ends.

    The answer is the new membership. Nothing is tried again, and no joining fee is paid.
    """
    place = await known_place(runtime, body.location_id, "location_id")
    async with runtime.begin(caller) as uow:
        renewed = await renewing.renew_membership(
            uow,
            renewing.RenewMembership(
                membership_id=membership_id,
                price_id=body.price_id,
                shown=body.price.value(),
                place=place,
                agreement=body.agreement.value(),
            ),
        )
    return membership_answer(renewed, caller)
