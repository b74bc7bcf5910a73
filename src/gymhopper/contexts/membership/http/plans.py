"""Plans and their prices: offering them, and the public catalogue."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.http.tenant import tenant
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.membership.domain.plan import (
    DEFAULT_ENTRY_GRACE_DAYS,
    MINIMUM_ENTRY_GRACE_DAYS,
)
from gymhopper.contexts.membership.http.conditions import ConditionsField, FreezeRulesField
from gymhopper.contexts.membership.http.coverage import CoverageField
from gymhopper.contexts.membership.http.fields import Line, Request
from gymhopper.contexts.membership.http.offers import OfferField
from gymhopper.contexts.membership.http.prices import PriceAnswer, PriceRequest, check_places
from gymhopper.contexts.membership.queries.plans import PlanOffer, plan_offers, read_plan
from gymhopper.contexts.membership.usecases import offer_plan as usecase
from gymhopper.contexts.membership.usecases import retire_plan as retiring
from gymhopper.contracts.venues.api import LegalEntity, VenuesApi
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.term import Interval

router = APIRouter(prefix="/plans", tags=["plans"])


class PlanRequest(Request):
    """A plan that a legal entity of the organisation will sell."""

    organisation_id: UUID | None = None
    legal_entity_id: UUID
    name: Line
    coverage: CoverageField
    interval: Interval = "month"
    interval_count: int = Field(default=1, ge=1, le=120)
    entry_grace_days: int = Field(
        default=DEFAULT_ENTRY_GRACE_DAYS,
        ge=MINIMUM_ENTRY_GRACE_DAYS,
        le=90,
        description="For how many days of 24 hours a debt leaves the door open.",
    )
    freeze_rules: FreezeRulesField = Field(default_factory=FreezeRulesField)
    conditions: ConditionsField = Field(default_factory=ConditionsField)
    offer: OfferField = Field(default_factory=OfferField)
    on_sale_from: date | None = Field(default=None, description="The first local day of its sale.")
    on_sale_until: date | None = Field(default=None, description="The first day without it.")
    prices: list[PriceRequest] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def _on_sale(self) -> Self:
        first, beyond = self.on_sale_from, self.on_sale_until
        if first is not None and beyond is not None and beyond <= first:
            raise ValueError("it is on sale for a day at least")
        return self


class RetirementRequest(Request):
    """When the sale of a plan ends."""

    day: date | None = Field(
        default=None, description="The first local day without it; today when left out."
    )


class PlanAnswer(BaseModel):
    """A plan with all its prices, also those of other days."""

    id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    name: str
    coverage: CoverageField
    interval: Interval
    interval_count: int
    entry_grace_days: int
    freeze_rules: FreezeRulesField
    conditions: ConditionsField
    zone: str
    offer: OfferField
    on_sale_from: date | None
    on_sale_until: date | None
    prices: list[PriceAnswer]


class PlanPage(Page[PlanAnswer]):
    """Plans, oldest first."""


class PlanQuery(PageQuery):
    """Which plans."""

    organisation_id: UUID | None = None
    unsold: bool = Field(default=False, description="Also those that are not sold today.")


@router.post("", status_code=201, summary="Offer a plan")
async def offer_plan(
    body: PlanRequest,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("plans:write"),
) -> PlanAnswer:
    """Contracts under it live in the time zone of the legal entity that sells."""
    organisation_id = await tenant(runtime, caller, body.organisation_id)
    await check_places(runtime, body.prices)
    seller = await _seller(runtime, organisation_id, body.legal_entity_id)
    async with runtime.begin(caller) as uow:
        done = await usecase.offer_plan(
            uow,
            usecase.OfferPlan(
                seller=seller,
                name=body.name,
                coverage=body.coverage.value(),
                interval=body.interval,
                interval_count=body.interval_count,
                entry_grace_days=body.entry_grace_days,
                freeze_rules=body.freeze_rules.value(),
                conditions=body.conditions.value(),
                offer=body.offer.value(),
                on_sale_from=body.on_sale_from,
                on_sale_until=body.on_sale_until,
                prices=tuple(each.value() for each in body.prices),
            ),
        )
        await uow.flush()
        return _whole(await read_plan(uow.connection, done.plan_id), response)


@router.get("", summary="List plans")
async def list_plans(
    query: Annotated[PlanQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = public(),
) -> PlanPage:
    """Plans that are sold today, with their prices, of one organisation or of all."""
    async with runtime.read(caller) as connection:
        found = await plan_offers(
            connection,
            organisation_id=query.organisation_id,
            after=query.after(UUID),
            sold_at=None if query.unsold else runtime.clock.now(),
            limit=query.fetch,
        )
    shown, next_cursor = query.cut(found, lambda each: each.plan_id)
    return PlanPage(items=[_answer(each) for each in shown], next_cursor=next_cursor)


@router.get("/{plan_id}", summary="Read a plan")
async def get_plan(
    plan_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = public(),
) -> PlanAnswer:
    """A plan, also one that is not sold today."""
    async with runtime.read(caller) as connection:
        return _whole(await read_plan(connection, plan_id), response)


@router.post("/{plan_id}/retire", summary="Take a plan from sale")
async def retire_plan(
    plan_id: UUID,
    body: RetirementRequest,
    response: Response,
    expected: IfMatch,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("plans:write"),
) -> PlanAnswer:
    """Today or on a day to come. Whoever has it keeps it, on the terms that were agreed."""
    async with runtime.begin(caller) as uow:
        await retiring.retire_plan(uow, plan_id, body.day, expected)
        await uow.flush()
        return _whole(await read_plan(uow.connection, plan_id), response)


@router.post("/{plan_id}/retire/revoke", summary="Sell a plan again")
async def revoke_plan_retirement(
    plan_id: UUID,
    response: Response,
    expected: IfMatch,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("plans:write"),
) -> PlanAnswer:
    """The end of its sale is taken back, before that day or after it."""
    async with runtime.begin(caller) as uow:
        await retiring.sell_plan_again(uow, plan_id, expected)
        await uow.flush()
        return _whole(await read_plan(uow.connection, plan_id), response)


async def _seller(runtime: Runtime, organisation_id: UUID, legal_entity_id: UUID) -> LegalEntity:
    found = await runtime.api(VenuesApi).legal_entity(legal_entity_id=legal_entity_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound("There is no legal entity with this id.", field="legal_entity_id")
    return found


def _whole(plan: PlanOffer, response: Response) -> PlanAnswer:
    set_etag(response, plan.version)
    return _answer(plan)


def _answer(plan: PlanOffer) -> PlanAnswer:
    return PlanAnswer(
        id=plan.plan_id,
        organisation_id=plan.organisation_id,
        legal_entity_id=plan.legal_entity_id,
        name=plan.name,
        coverage=CoverageField.of(plan.coverage),
        interval=plan.interval,
        interval_count=plan.interval_count,
        entry_grace_days=plan.entry_grace_days,
        freeze_rules=FreezeRulesField.of(plan.freeze_rules),
        conditions=ConditionsField.of(plan.conditions),
        zone=plan.zone,
        offer=OfferField.of(plan.offer),
        on_sale_from=plan.on_sale_from,
        on_sale_until=plan.on_sale_until,
        prices=[PriceAnswer.of(each) for each in plan.prices],
    )
