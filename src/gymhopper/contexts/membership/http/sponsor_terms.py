"""Routes of what a sponsor agreed to pay, and of what its debts lead to."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.membership.domain.debt import StageRule
from gymhopper.contexts.membership.domain.sponsor import Sponsor
from gymhopper.contexts.membership.domain.sponsor_terms import SponsorDebtRules
from gymhopper.contexts.membership.http.conditions import StageField
from gymhopper.contexts.membership.http.fields import MoneyField, Request
from gymhopper.contexts.membership.queries.sponsors import read_sponsor
from gymhopper.contexts.membership.usecases import set_sponsor_terms as setting
from gymhopper.contracts.membership.sponsors.api import SponsorDebtStageName

router = APIRouter(tags=["sponsors"])


class ShareField(Request):
    """What the sponsor pays of each period: a percentage of its price, or an amount of it."""

    percent: int | None = Field(default=None, ge=1, le=100, strict=True, examples=[60])
    amount: MoneyField | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ShareField":
        if (self.percent is None) == (self.amount is None):
            raise ValueError("Either percent or amount.")
        if self.amount is not None and self.amount.amount == 0:
            raise ValueError("A sponsor that pays nothing is none.")
        return self


class SponsorDebtField(Request):
    """What a sponsor's debt leads to. Nobody new comes in, nobody comes in, coverage ends: in this
    order, and each takes a day at least."""

    remind: StageField | None = None
    no_new_members: StageField | None = Field(
        default=None, description="Rosters let nobody new in."
    )
    no_entry: StageField | None = Field(
        default=None, description="Doors answer SPONSOR_SUSPENDED, until it is paid."
    )
    end: StageField | None = Field(
        default=None, description="All its memberships end; what it owes stays."
    )

    def value(self) -> SponsorDebtRules:
        """As the domain has it."""
        return SponsorDebtRules(
            remind=_rule(self.remind),
            no_new_members=_rule(self.no_new_members),
            no_entry=_rule(self.no_entry),
            end=_rule(self.end),
        )

    @classmethod
    def of(cls, rules: SponsorDebtRules) -> "SponsorDebtField":
        """As an answer has it."""
        return cls(
            remind=StageField.of(rules.remind),
            no_new_members=StageField.of(rules.no_new_members),
            no_entry=StageField.of(rules.no_entry),
            end=StageField.of(rules.end),
        )


class SponsorTermsRequest(Request):
    """All that is agreed on with the sponsor; another share counts from the next period on."""

    share: ShareField
    pays_within_days: int = Field(default=14, ge=1, le=120, strict=True)
    debt: SponsorDebtField


class DatedShare(BaseModel):
    """What the sponsor pays of periods that begin at `since` or later."""

    since: datetime
    percent: int | None
    amount: MoneyField | None


class SponsorStage(BaseModel):
    """A stage of the debt, and when it begins if nothing is paid until then."""

    stage: SponsorDebtStageName
    at: datetime


class SponsorTermsAnswer(BaseModel):
    """What was agreed on with the sponsor, and how it stands.

    `suspended_at` is since when staff let nobody in, `closed_from` from when on nobody comes in for
    that reason or for its debt. A sponsor without shares was taken on before it was billed here.
    """

    sponsor_id: UUID
    shares: list[DatedShare]
    billed_from: datetime | None
    pays_within_days: int | None
    debt: SponsorDebtField | None
    owed: MoneyField | None
    overdue_since: datetime | None
    stages: list[SponsorStage]
    suspended_at: datetime | None
    closed_from: datetime | None


@router.get("/sponsors/{sponsor_id}/terms", summary="Read what a sponsor pays, and how it stands")
async def get_sponsor_terms(
    sponsor_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("sponsors:read")
) -> SponsorTermsAnswer:
    """The shares in the order of their dates, and the stages that a debt has come to or will."""
    async with runtime.read(caller) as connection:
        return _shown(await read_sponsor(connection, sponsor_id))


@router.put("/sponsors/{sponsor_id}/terms", summary="Agree with a sponsor on what it pays")
async def set_sponsor_terms(
    sponsor_id: UUID,
    body: SponsorTermsRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("sponsors:write"),
) -> SponsorTermsAnswer:
    """Periods that began keep the share that held then. The rules of debts count from now on, for
    a debt that there is, too."""
    amount = body.share.amount
    async with runtime.begin(caller) as uow:
        kept = await setting.set_sponsor_terms(
            uow,
            setting.SetSponsorTerms(
                sponsor_id=sponsor_id,
                percent=body.share.percent,
                amount=None if amount is None else amount.value(),
                pays_within_days=body.pays_within_days,
                debt=body.debt.value(),
            ),
        )
    return _shown(kept)


def _rule(field: StageField | None) -> StageRule | None:
    return None if field is None else field.value()


def _shown(sponsor: Sponsor) -> SponsorTermsAnswer:
    terms, owed = sponsor.terms, None
    if sponsor.currency is not None:
        owed = MoneyField(amount=sponsor.owed, currency=sponsor.currency)
    return SponsorTermsAnswer(
        sponsor_id=sponsor.id,
        shares=[
            DatedShare(
                since=each.since,
                percent=each.percent,
                amount=None if each.amount is None else MoneyField.of(each.amount),
            )
            for each in (() if terms is None else terms.shares)
        ],
        billed_from=None if terms is None else terms.billed_from,
        pays_within_days=None if terms is None else terms.pays_within_days,
        debt=None if terms is None else SponsorDebtField.of(terms.debt),
        owed=owed,
        overdue_since=sponsor.overdue_since,
        stages=[SponsorStage(stage=each.stage, at=each.at) for each in sponsor.debt_stages],
        suspended_at=sponsor.suspended_at,
        closed_from=sponsor.closed_from,
    )
