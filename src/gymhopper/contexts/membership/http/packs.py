"""Credits of packs: what is left, what became of them, and what the desk does with them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.contexts.membership.domain.credit import EntryKind, Source
from gymhopper.contexts.membership.http.fields import MoneyField, Request, Text
from gymhopper.contexts.membership.queries.credits import credit_entries, credits_view
from gymhopper.contexts.membership.usecases import take_credits_back as taking
from gymhopper.contexts.membership.usecases.grant_credits import give_credits as give

router = APIRouter(prefix="/memberships/{membership_id}/credits", tags=["credits"])


class GiftRequest(Request):
    """Credits that cost nothing; `until` is the first local day on which they are not good."""

    units: int = Field(ge=1, le=1000, examples=[2])
    until: date | None = Field(default=None, description="For ever when left out.")
    reason: Text = Field(min_length=1, examples=["The sauna was closed."])


class GiveBackRequest(Request):
    """A visit whose credit goes back to where it came from."""

    visit_id: UUID
    reason: Text = Field(min_length=1)


class CreditRefundRequest(Request):
    """Credits that were bought and are taken back for their price."""

    lot_id: UUID
    units: int = Field(ge=1, le=10_000, examples=[4])
    reason: Text = Field(min_length=1)


class LotAnswer(BaseModel):
    """Credits of one source; `price` is of all `units`. A first use may yet set `expires_at`."""

    id: UUID
    source: Source
    units: int
    left: int
    price: MoneyField
    visits: bool
    class_types: list[UUID] | None
    granted_at: datetime
    expires_at: datetime | None


class CreditsAnswer(BaseModel):
    """All credits that are `left`; the next ones pay for `overdrawn` visits first."""

    left: int
    overdrawn: int
    lots: list[LotAnswer]


class CreditEntryAnswer(BaseModel):
    """A line of the ledger: `units` more or fewer in a lot. `reason` is for staff alone.

    `cause` is the visit, the claim, the gift, the refund or the booking behind it. A booking takes
    credits (`reserve`, `at` the start of its class) and returns them (`release`); what returns to
    a lot that has run out is lost (`expire`), or goes into another lot (`hand_over`, `take_over`).
    `overdraw` has no lot; above zero it takes back what a booking overdrew.
    """

    id: UUID
    lot_id: UUID | None
    kind: EntryKind
    units: int
    cause: UUID
    at: datetime
    reason: str | None


class CreditEntryPage(Page[CreditEntryAnswer]):
    """Lines of the ledger, the newest first."""


class CreditRefundAnswer(BaseModel):
    """What is due to whoever paid, and the credits that are left."""

    amount: MoneyField
    credits: CreditsAnswer


@router.get("", summary="Read credits")
async def get_credits(
    membership_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:read"),
) -> CreditsAnswer:
    """A membership that is no pack has none."""
    async with runtime.read(caller) as connection:
        return await _answer(connection, membership_id)


@router.get("/entries", summary="List what became of credits")
async def list_credit_entries(
    membership_id: UUID,
    query: Annotated[PageQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:read"),
) -> CreditEntryPage:
    """Lines are added and never changed."""
    async with runtime.read(caller) as connection:
        await credits_view(connection, membership_id)
        found = await credit_entries(
            connection, membership_id, before=query.after(UUID), limit=query.fetch
        )
    shown, next_cursor = query.cut(found, lambda each: each.entry_id)
    own = caller.person_id is not None
    return CreditEntryPage(
        items=[
            CreditEntryAnswer(
                id=each.entry_id,
                lot_id=each.lot_id,
                kind=each.kind,
                units=each.units,
                cause=each.cause,
                at=each.at,
                reason=None if own else each.reason,
            )
            for each in shown
        ],
        next_cursor=next_cursor,
    )


@router.post("", status_code=201, summary="Give credits")
async def give_credits(
    membership_id: UUID,
    body: GiftRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("credits:write"),
) -> CreditsAnswer:
    """They cost nothing, and nothing is given back for them."""
    async with runtime.begin(caller) as uow:
        await give(uow, membership_id, body.units, body.until, body.reason)
        await uow.flush()
        return await _answer(uow.connection, membership_id)


@router.post("/give-back", summary="Give the credit of a visit back")
async def give_credit_back(
    membership_id: UUID,
    body: GiveBackRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("credits:write"),
) -> CreditsAnswer:
    """Once for each visit, into the lot that paid for it, as long as that is good."""
    async with runtime.begin(caller) as uow:
        await taking.give_credit_back(uow, membership_id, body.visit_id, body.reason)
        await uow.flush()
        return await _answer(uow.connection, membership_id)


@router.post("/refunds", status_code=201, summary="Take credits back for their price")
async def refund_credits(
    membership_id: UUID,
    body: CreditRefundRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("credits:write"),
) -> CreditRefundAnswer:
    """Bought credits that are left, each at its price: the pack's, shared among its units."""
    async with runtime.begin(caller) as uow:
        amount = await taking.refund_credits(
            uow, membership_id, body.lot_id, body.units, body.reason
        )
        await uow.flush()
        left = await _answer(uow.connection, membership_id)
    return CreditRefundAnswer(amount=MoneyField.of(amount), credits=left)


async def _answer(connection: AsyncConnection, membership_id: UUID) -> CreditsAnswer:
    view = await credits_view(connection, membership_id)
    return CreditsAnswer(
        left=view.left,
        overdrawn=view.overdrawn,
        lots=[
            LotAnswer(
                id=each.lot_id,
                source=each.source,
                units=each.units,
                left=each.left,
                price=MoneyField.of(each.price),
                visits=each.visits,
                class_types=None if each.class_types is None else list(each.class_types),
                granted_at=each.granted_at,
                expires_at=each.expires_at,
            )
            for each in view.lots
        ],
    )
