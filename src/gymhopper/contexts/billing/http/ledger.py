"""Routes below /ledger: the books."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.ledger import CHART, AccountClass, AccountKind, EntryKind
from gymhopper.contexts.billing.http.fields import Amount
from gymhopper.contexts.billing.queries import ledger as queries
from gymhopper.contexts.billing.usecases.export_ledger import balances_as_csv, export_entries
from gymhopper.kernel.errors import InvalidInput

router = APIRouter(prefix="/ledger", tags=["ledger"])

_CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "A file.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}

LegalEntity = Annotated[UUID | None, Field(description="Only this legal entity's books.")]


class BalanceQuery(BaseModel):
    """Of whose books, and of which time: what moved in `[from, until)`."""

    model_config = ConfigDict(extra="forbid")

    legal_entity_id: LegalEntity = None
    start: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, description="As of this instant.")


class _Filters(BaseModel):
    legal_entity_id: LegalEntity = None
    claim_id: UUID | None = None
    billing_account_id: UUID | None = None
    kind: EntryKind | None = None
    start: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None

    def of(self, caller: AuthSubject) -> queries.Wanted:
        """What the caller may see of it."""
        _check(self.start, self.until)
        return queries.Wanted(
            organisation_id=caller.organisation_id,
            legal_entity_id=_entity(caller, self.legal_entity_id),
            claim_id=self.claim_id,
            billing_account_id=self.billing_account_id,
            kind=self.kind,
            start=self.start,
            until=self.until,
        )


class EntryExportQuery(_Filters):
    """Which entries go into the file."""

    model_config = ConfigDict(extra="forbid")


class EntryQuery(_Filters, PageQuery):
    """Which entries are shown."""


class BalanceLine(BaseModel):
    """An account; amounts are negative where they are credited. `of` tells it from others of its
    kind, and is empty for what all people owe or have as credit."""

    kind: AccountKind
    account_class: AccountClass
    of: str
    opening: Amount
    debit: Amount
    credit: Amount
    closing: Amount


class TrialBalanceView(BaseModel):
    """One legal entity's books in one currency. `difference` is zero."""

    organisation_id: UUID
    legal_entity_id: UUID
    currency: str
    lines: list[BalanceLine]
    difference: Amount


class TrialBalancesView(BaseModel):
    """All books, as of `until`; None is up to the latest entry."""

    until: datetime | None
    books: list[TrialBalanceView]


class PostingView(BaseModel):
    """What an entry moves in an account: positive is debited, negative credited."""

    kind: AccountKind
    of: str
    amount: Amount


class EntryView(BaseModel):
    """A movement of money; the sum of its postings is zero. `cause` is what moved it: a document, a
    payment, a refund."""

    entry_id: UUID
    legal_entity_id: UUID
    kind: EntryKind
    cause: UUID
    claim_id: UUID | None
    billing_account_id: UUID | None
    happened_at: datetime
    recorded_at: datetime
    postings: list[PostingView]


class EntryPage(Page[EntryView]):
    """Entries, the newest first."""


@router.get("/trial-balance", summary="Show the trial balance")
async def show_trial_balance(
    query: Annotated[BalanceQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("ledger:read"),
) -> TrialBalancesView:
    """What every account holds, and what moved in it. Books in which nothing moved are left out."""
    found = await _balances(runtime, caller, query)
    return TrialBalancesView(until=query.until, books=[_books_view(each) for each in found])


@router.get(
    "/trial-balance/export",
    summary="Export the trial balance",
    response_class=Response,
    responses=_CSV,
)
async def export_trial_balance(
    query: Annotated[BalanceQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("ledger:read"),
) -> Response:
    """The same as CSV, one account a line."""
    found = await _balances(runtime, caller, query)
    return Response(
        balances_as_csv(found), media_type="text/csv; charset=utf-8", headers=_named("balance")
    )


@router.get("/entries", summary="List ledger entries")
async def list_ledger_entries(
    query: Annotated[EntryQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("ledger:read"),
) -> EntryPage:
    """Every movement of money with its postings: of a claim, of whoever pays, of a time."""
    wanted = query.of(caller)
    async with runtime.read(caller) as connection:
        found = await queries.entries(
            connection, wanted, after=query.after(queries.Place), limit=query.fetch
        )
    shown, next_cursor = query.cut(found, lambda each: queries.Place(each.happened_at, each.id))
    return EntryPage(items=[_entry_view(each) for each in shown], next_cursor=next_cursor)


@router.get(
    "/entries/export",
    summary="Export ledger entries",
    response_class=StreamingResponse,
    responses=_CSV,
)
async def export_ledger_entries(
    query: Annotated[EntryExportQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("ledger:read"),
) -> StreamingResponse:
    """CSV, one posting a line, the oldest first; amounts in units of their currency."""
    return StreamingResponse(
        export_entries(runtime, caller, query.of(caller)),
        media_type="text/csv; charset=utf-8",
        headers=_named("ledger"),
    )


async def _balances(
    runtime: Runtime, caller: AuthSubject, query: BalanceQuery
) -> list[queries.TrialBalance]:
    _check(query.start, query.until)
    legal_entity_id = _entity(caller, query.legal_entity_id)
    async with runtime.read(caller) as connection:
        return await queries.trial_balances(
            connection,
            start=query.start,
            until=query.until,
            organisation_id=caller.organisation_id,
            legal_entity_id=legal_entity_id,
        )


def _entity(caller: AuthSubject, asked: UUID | None) -> UUID | None:
    """The legal entity whose books are shown: the caller's own one where that is the limit."""
    wanted = asked or caller.legal_entity_id
    caller.require_place(legal_entity_id=wanted)
    return wanted


def _check(start: datetime | None, until: datetime | None) -> None:
    if start is not None and until is not None and start > until:
        raise InvalidInput("The time ends before it begins.", field="until")


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}


def _books_view(found: queries.TrialBalance) -> TrialBalanceView:
    def money(amount: int) -> Amount:
        return Amount(amount=amount, currency=found.books.currency)

    return TrialBalanceView(
        organisation_id=found.books.organisation_id,
        legal_entity_id=found.books.legal_entity_id,
        currency=found.books.currency,
        lines=[
            BalanceLine(
                kind=line.kind,
                account_class=CHART[line.kind],
                of=line.of,
                opening=money(line.opening),
                debit=money(line.debit),
                credit=money(line.credit),
                closing=money(line.closing),
            )
            for line in found.lines
        ],
        difference=money(found.difference),
    )


def _entry_view(found: queries.KeptEntry) -> EntryView:
    return EntryView(
        entry_id=found.id,
        legal_entity_id=found.legal_entity_id,
        kind=found.kind,
        cause=found.cause,
        claim_id=found.claim_id,
        billing_account_id=found.billing_account_id,
        happened_at=found.happened_at,
        recorded_at=found.recorded_at,
        postings=[
            PostingView(
                kind=each.kind,
                of=each.of,
                amount=Amount(amount=each.amount, currency=found.currency),
            )
            for each in found.postings
        ],
    )
