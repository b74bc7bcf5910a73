"""Routes of sponsors and their rosters."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.membership.domain.sponsor import (
    Agreed,
    Entitled,
    RosterKind,
    RosterStatus,
)
from gymhopper.contexts.membership.http.fields import Language, Line, Request, Word
from gymhopper.contexts.membership.queries import sponsors as queries
from gymhopper.contexts.membership.usecases import keep_roster as writing
from gymhopper.contexts.membership.usecases import keep_sponsor as keeping

router = APIRouter(tags=["sponsors"])

MOST_ROWS = 500


class SponsorOpening(Request):
    """Who pays, and for which plan at which of its prices."""

    name: Line = Field(examples=["Analytical Engines Ltd"])
    plan_id: UUID
    price_id: UUID


class SponsorAnswer(BaseModel):
    """A sponsor; from `suspended_at` on its people are not let in."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    organisation_id: UUID
    name: str
    plan_id: UUID
    price_id: UUID
    opened_at: datetime
    suspended_at: datetime | None


class SponsorList(BaseModel):
    """Sponsors by their names."""

    items: list[SponsorAnswer]


class RosterDraft(Request):
    """A `full` roster names everybody, and ends who is missing; one of `changes` ends nobody.

    `terms` and `privacy` are the versions that the sponsor's people agreed to.
    """

    kind: RosterKind = "full"
    terms: Word = Field(examples=["2027-01"])
    privacy: Word = Field(examples=["2027-01"])
    language: Language


class RosterRow(Request):
    """Somebody who comes in on the local days `[starts_on, ends_on)`."""

    external_id: Word = Field(description="The sponsor's own, by which its people are known again.")
    first_name: Line = Field(examples=["Ada"])
    last_name: Line = Field(examples=["Byron"])
    email: str | None = Field(
        default=None, max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$"
    )
    starts_on: date
    ends_on: date = Field(description="The first day without it, within two years.")

    def value(self) -> writing.Row:
        """As the use case takes it."""
        return writing.Row(
            external_id=self.external_id,
            person=Entitled(first_name=self.first_name, last_name=self.last_name, email=self.email),
            starts_on=self.starts_on,
            ends_on=self.ends_on,
        )


class RosterRows(Request):
    """Rows to add; one whose external id is in the draft already replaces that."""

    entries: list[RosterRow] = Field(min_length=1, max_length=MOST_ROWS)


class RosterAnswer(BaseModel):
    """Of `total` rows `done` were worked on; `ended` are people whom a full roster left out."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    sponsor_id: UUID
    kind: RosterKind
    status: RosterStatus
    created_at: datetime
    submitted_at: datetime | None
    finished_at: datetime | None
    total: int
    done: int
    added: int
    changed: int
    refused: int
    ended: int


class RefusedRow(BaseModel):
    """A row of which nothing came, and why: the code of the error."""

    number: int
    external_id: str
    code: str


class RefusedRows(BaseModel):
    """In their order; there may be more beyond the last."""

    items: list[RefusedRow]


@router.post("/sponsors", status_code=201, summary="Take a sponsor on")
async def open_sponsor(
    body: SponsorOpening,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("sponsors:write"),
) -> SponsorAnswer:
    """Its people are named by rosters and need not pay before they come in."""
    async with runtime.begin(caller) as uow:
        made = await keeping.open_sponsor(
            uow, name=body.name, plan_id=body.plan_id, price_id=body.price_id
        )
    return SponsorAnswer.model_validate(made)


@router.get("/sponsors", summary="List sponsors")
async def list_sponsors(
    runtime: CurrentRuntime, caller: AuthSubject = scoped("sponsors:read")
) -> SponsorList:
    """By their names."""
    async with runtime.read(caller) as connection:
        return SponsorList(items=_sponsors(await queries.sponsors(connection)))


@router.get("/sponsors/{sponsor_id}", summary="Read a sponsor")
async def get_sponsor(
    sponsor_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("sponsors:read")
) -> SponsorAnswer:
    """Who pays, for which plan, and whether its people are let in."""
    async with runtime.read(caller) as connection:
        return SponsorAnswer.model_validate(await queries.sponsor_row(connection, sponsor_id))


@router.post("/sponsors/{sponsor_id}/suspend", summary="Let a sponsor's people in no more")
async def suspend_sponsor(
    sponsor_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("sponsors:write")
) -> SponsorAnswer:
    """Doors answer SPONSOR_SUSPENDED. Memberships go on, and so do rosters."""
    async with runtime.begin(caller) as uow:
        found = await keeping.suspend_sponsor(uow, sponsor_id, suspended=True)
    return SponsorAnswer.model_validate(found)


@router.post("/sponsors/{sponsor_id}/resume", summary="Let a sponsor's people in again")
async def resume_sponsor(
    sponsor_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("sponsors:write")
) -> SponsorAnswer:
    """From now on."""
    async with runtime.begin(caller) as uow:
        found = await keeping.suspend_sponsor(uow, sponsor_id, suspended=False)
    return SponsorAnswer.model_validate(found)


@router.post("/sponsors/{sponsor_id}/rosters", status_code=201, summary="Begin a roster")
async def begin_roster(
    sponsor_id: UUID,
    body: RosterDraft,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("sponsors:write"),
) -> RosterAnswer:
    """A draft, which does nothing before it is submitted."""
    agreed = Agreed(terms=body.terms, privacy=body.privacy, language=body.language)
    async with runtime.begin(caller) as uow:
        begun = await writing.begin_roster(uow, sponsor_id, kind=body.kind, agreed=agreed)
    return RosterAnswer.model_validate(begun)


@router.post("/rosters/{roster_id}/entries", summary="Add people to a roster")
async def add_roster_entries(
    roster_id: UUID,
    body: RosterRows,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("sponsors:write"),
) -> RosterAnswer:
    """At most 500 in each request. Sent again they change nothing."""
    async with runtime.begin(caller) as uow:
        roster = await writing.add_rows(uow, roster_id, [each.value() for each in body.entries])
    return RosterAnswer.model_validate(roster)


@router.post("/rosters/{roster_id}/submit", status_code=202, summary="Submit a roster")
async def submit_roster(
    roster_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("sponsors:write")
) -> RosterAnswer:
    """It is worked on in the background; reading it tells how far that has come."""
    async with runtime.begin(caller) as uow:
        roster = await writing.submit_roster(uow, roster_id)
    return RosterAnswer.model_validate(roster)


@router.get("/rosters/{roster_id}", summary="Read a roster's progress")
async def get_roster(
    roster_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("sponsors:read")
) -> RosterAnswer:
    """How many rows were worked on, and what came of them."""
    async with runtime.read(caller) as connection:
        return RosterAnswer.model_validate(await queries.roster_row(connection, roster_id))


@router.get("/rosters/{roster_id}/errors", summary="List the rows of a roster that were refused")
async def list_roster_errors(
    roster_id: UUID,
    runtime: CurrentRuntime,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    caller: AuthSubject = scoped("sponsors:read"),
) -> RefusedRows:
    """In their order, 500 at a time: those beyond row number `after`."""
    async with runtime.read(caller) as connection:
        found = await queries.refused_rows(connection, roster_id, after)
    return RefusedRows(
        items=[
            RefusedRow(number=each.number, external_id=each.external_id, code=each.code)
            for each in found
        ]
    )


def _sponsors(found: Any) -> list[SponsorAnswer]:
    return [SponsorAnswer.model_validate(each) for each in found]
