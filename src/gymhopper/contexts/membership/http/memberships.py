"""Memberships: purchase and cancellation."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from fastapi import Request as HttpRequest
from pydantic import BaseModel, Field, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.limits import spend_also
from gymhopper.contexts.membership.domain.label import Label
from gymhopper.contexts.membership.domain.overlay import OverlayKind
from gymhopper.contexts.membership.http.conditions import ConditionsField
from gymhopper.contexts.membership.http.coverage import CoverageField
from gymhopper.contexts.membership.http.fields import AgreementField, MoneyField, Request, Text
from gymhopper.contexts.membership.http.offers import OfferField
from gymhopper.contexts.membership.http.payers import PaidBy, PayerField
from gymhopper.contexts.membership.http.prices import known_location, known_place
from gymhopper.contexts.membership.http.promo_codes import Code, DiscountAnswer
from gymhopper.contexts.membership.queries.memberships import (
    MembershipView,
    membership_view,
    membership_ways_out,
)
from gymhopper.contexts.membership.usecases import cancel_membership as cancelling
from gymhopper.contexts.membership.usecases import purchase_membership as purchasing
from gymhopper.contracts.membership.events import ContractStatus, DebtStageName, EndReason
from gymhopper.kernel.term import Interval

router = APIRouter(tags=["memberships"])


class PurchaseRequest(Request):
    """What is bought, and the price as it was shown to the buyer."""

    plan_id: UUID
    price_id: UUID
    price: MoneyField = Field(description="As shown; another than the plan's is refused as stale.")
    joining_fee: MoneyField | None = Field(default=None, description="As shown, like the price.")
    promo_code: Code | None = Field(
        default=None, description="Held for a week; what is not paid by then ends."
    )
    first_charge: MoneyField | None = Field(
        default=None, description="With a promo code: what its quote shows to be charged first."
    )
    location_id: UUID | None = Field(
        default=None, description="Where it is bought, if its price depends on that."
    )
    starts_on: date | None = Field(default=None, description="Local date; today when left out.")
    home_location_id: UUID | None = Field(
        default=None, description="For a plan that covers the home that its member chooses."
    )
    payer: PayerField | None = Field(default=None, description="The member when left out.")
    agreement: AgreementField

    @model_validator(mode="after")
    def _was_shown(self) -> Self:
        if (self.promo_code is None) != (self.first_charge is None):
            raise ValueError("a promo code goes with the first charge that was shown")
        return self


class CancellationRequest(Request):
    """`at` is the first local day without the membership, for `when` = date. `term_end` is the
    earliest end that term and notice allow."""

    when: cancelling.When
    at: date | None = None
    reason: Text = ""


class WaysOutAnswer(BaseModel):
    """Ends that can be asked for now: of the period, of the term that binds (null: none does), and
    the earliest that term and notice allow. Instants, as `end`."""

    period_end: datetime
    term_end: datetime | None
    earliest_end: datetime


class OverlayAnswer(BaseModel):
    """A freeze or block; `until` None lasts until it is lifted, `reason` is for staff alone."""

    id: UUID
    kind: OverlayKind
    start: datetime
    until: datetime | None
    stops_access: bool
    stops_billing: bool
    extends_term: bool
    reason: str | None


class DebtStageAnswer(BaseModel):
    """What a debt leads to, and when."""

    stage: DebtStageName
    at: datetime


class HomeAnswer(BaseModel):
    """The location that is home from `start` on, until the next one is."""

    location_id: UUID
    start: datetime


class MembershipAnswer(BaseModel):
    """A membership on its three axes, `label` the word that they come to.

    `start` and `end` are instants, half-open; `no_entry_from` is when a debt closes the door.
    `overlays` run, are to come, or ran into the latest paid period. `cancellation_reason` is for
    staff alone. What went over to another member is linked both ways.
    """

    id: UUID
    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    plan_id: UUID
    plan_name: str
    label: Label
    contract: ContractStatus
    starts_on: date
    start: datetime | None
    end: datetime | None
    end_reason: EndReason | None
    cancellation_reason: str | None
    paid_until: datetime | None
    overdue_since: datetime | None
    no_entry_from: datetime | None
    debt_stages: list[DebtStageAnswer]
    overlays: list[OverlayAnswer]
    zone: str
    price_id: UUID
    price: MoneyField
    interval: Interval
    interval_count: int
    conditions: ConditionsField
    offer: OfferField
    joining_fee: MoneyField | None
    discount: DiscountAnswer | None
    tax_included: bool
    trial_until: datetime | None
    payer: PaidBy
    transferred_from: UUID | None
    transferred_to: UUID | None
    coverage: CoverageField
    homes: list[HomeAnswer]
    links: dict[str, str]


@router.post("/members/{member_id}/memberships", status_code=201, summary="Buy a membership")
async def purchase_membership(
    member_id: UUID,
    body: PurchaseRequest,
    request: HttpRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("purchases:write"),
) -> MembershipAnswer:
    """It is pending, and opens nothing, until its first payment; `links.checkout` takes that.

    A trial opens at once, and is paid for at its end.
    """
    if body.promo_code is not None and caller.person_id is not None:
        # Who may read the codes need not guess them.
        await spend_also(request, caller, "sign_in")
    place = await known_place(runtime, body.location_id, "location_id")
    home = None
    if body.home_location_id is not None:
        home = await known_location(runtime, body.home_location_id, "home_location_id")
    async with runtime.begin(caller) as uow:
        bought = await purchasing.purchase_membership(
            uow,
            purchasing.PurchaseMembership(
                member_id=member_id,
                plan_id=body.plan_id,
                price_id=body.price_id,
                shown=body.price.value(),
                joining_fee=None if body.joining_fee is None else body.joining_fee.value(),
                promo_code=body.promo_code,
                first_charge=None if body.first_charge is None else body.first_charge.value(),
                place=place,
                starts_on=body.starts_on,
                home=home,
                payer=None if body.payer is None else body.payer.value(),
                agreement=body.agreement.value(),
            ),
        )
    return membership_answer(bought, caller)


@router.get("/memberships/{membership_id}", summary="Read a membership")
async def get_membership(
    membership_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:read"),
) -> MembershipAnswer:
    """A membership as it is now."""
    async with runtime.read(caller) as connection:
        found = await membership_view(connection, membership_id, runtime.clock.now())
    return membership_answer(found, caller)


@router.post("/memberships/{membership_id}/cancel", summary="Cancel a membership")
async def cancel_membership(
    membership_id: UUID,
    body: CancellationRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("cancellations:write"),
) -> MembershipAnswer:
    """Now, at the end of the period that runs or of the term, or at the start of a day.

    Members go when term and notice let them; staff may let them go earlier, and say why.
    """
    async with runtime.begin(caller) as uow:
        cancelled = await cancelling.cancel_membership(
            uow,
            cancelling.CancelMembership(
                membership_id=membership_id, when=body.when, day=body.at, reason=body.reason
            ),
        )
    return membership_answer(cancelled, caller)


@router.get("/memberships/{membership_id}/cancellation", summary="See when it could end")
async def preview_cancellation(
    membership_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:read"),
) -> WaysOutAnswer:
    """What a cancellation now would come to. Nothing changes."""
    async with runtime.read(caller) as connection:
        return WaysOutAnswer(
            **asdict(await membership_ways_out(connection, membership_id, runtime.clock.now()))
        )


@router.post("/memberships/{membership_id}/cancellation/revoke", summary="Take a cancellation back")
async def revoke_cancellation(
    membership_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("cancellations:write"),
) -> MembershipAnswer:
    """Possible until the end has come."""
    async with runtime.begin(caller) as uow:
        revoked = await cancelling.revoke_cancellation(uow, membership_id)
    return membership_answer(revoked, caller)


def membership_answer(view: MembershipView, caller: AuthSubject) -> MembershipAnswer:
    """The membership as this caller may see it."""
    state = view.state
    # What staff noted is not for the member's eyes.
    own = caller.person_id is not None
    path = f"/api/v1/memberships/{state.membership_id}"
    links = {"self": path, "member": f"/api/v1/members/{state.member_id}"}
    if state.contract in ("pending", "trialing"):
        links["checkout"] = "/api/v1/payments/checkouts"
    return MembershipAnswer(
        id=state.membership_id,
        member_id=state.member_id,
        person_id=state.person_id,
        organisation_id=state.organisation_id,
        legal_entity_id=view.legal_entity_id,
        plan_id=state.plan_id,
        plan_name=view.plan_name,
        label=view.label,
        contract=state.contract,
        starts_on=view.starts_on,
        start=state.start,
        end=state.end,
        end_reason=state.end_reason,
        cancellation_reason=None if own else view.cancellation_reason,
        paid_until=state.paid_until,
        overdue_since=state.overdue_since,
        no_entry_from=state.no_entry_from,
        debt_stages=[DebtStageAnswer(stage=x.stage, at=x.at) for x in state.debt_stages],
        overlays=[
            OverlayAnswer(
                id=each.overlay_id,
                kind=each.kind,
                start=each.start,
                until=each.until,
                stops_access=each.stops_access,
                stops_billing=each.stops_billing,
                extends_term=each.extends_term,
                reason=None if own else view.reasons[each.overlay_id],
            )
            for each in state.overlays
        ],
        zone=state.zone,
        price_id=view.price_id,
        price=MoneyField.of(view.price),
        interval=view.interval,
        interval_count=view.interval_count,
        conditions=ConditionsField.of(view.conditions),
        offer=OfferField.of(view.offer),
        joining_fee=None if view.joining_fee is None else MoneyField.of(view.joining_fee),
        discount=None if view.discount is None else DiscountAnswer.of(view.discount),
        tax_included=view.tax_included,
        trial_until=view.trial_until,
        payer=PaidBy(kind=view.payer_kind, id=view.payer_id),
        transferred_from=view.transferred_from,
        transferred_to=view.transferred_to,
        coverage=CoverageField.of(state.coverage),
        homes=[HomeAnswer(location_id=x.location_id, start=x.start) for x in state.homes],
        links=links,
    )
