"""Visits, and the answers of doors: of a desk's place, or of a person's own."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page
from gymhopper.chassis.http.sorting import SortedQuery, sorting
from gymhopper.chassis.pseudonyms import pseudonym
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access import queries
from gymhopper.contexts.access.domain.codes import SEE_RECEPTION, explain

router = APIRouter(tags=["access"])


class VisitView(BaseModel):
    """A visit; `at` is the instant of the admission.

    Of a member of another gym a venue sees `visitor_id`, the same for all visits there and another
    at every other venue, instead of the ids of person, membership, booking and home. `booking_id`
    is the booking that opened the door.
    """

    visit_id: UUID
    at: datetime
    person_id: UUID | None
    visitor_id: UUID | None
    membership_id: UUID | None
    booking_id: UUID | None
    host_organisation_id: UUID
    home_organisation_id: UUID | None
    location_id: UUID
    door_id: UUID


class DecisionView(BaseModel):
    """An entry of the journal: an answer of a door, or a passage.

    `code` is SEE_RECEPTION where the true one is between the person and the home gym's staff.
    `sentence` is what the code means, in an answer. For `visitor_id` see the visits.
    """

    entry: int
    at: datetime
    kind: str
    decision_id: UUID
    location_id: UUID
    door_id: UUID
    person_id: UUID | None
    visitor_id: UUID | None
    outcome: str
    code: str
    sentence: str | None
    visit_id: UUID | None


class VisitPage(Page[VisitView]):
    """Visits, latest first unless asked otherwise."""


class DecisionPage(Page[DecisionView]):
    """Entries, latest first unless asked otherwise."""


class TimeQuery(SortedQuery):
    """Of whom, where, and in the stretch `[from, until)`."""

    person_id: UUID | None = None
    location_id: UUID | None = None
    start: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None
    sort: sorting("at") = "-at"  # type: ignore[valid-type]  # a function makes it

    def value(self) -> queries.Wanted:
        """As the queries have it."""
        return queries.Wanted(
            person_id=self.person_id,
            location_id=self.location_id,
            start=self.start,
            until=self.until,
        )


@router.get("/visits", summary="List visits")
async def list_visits(
    query: Annotated[TimeQuery, Query()],
    here: CurrentRuntime,
    caller: AuthSubject = scoped("visits:read"),
) -> VisitPage:
    """At the caller's places and of its members elsewhere; a member sees their own."""
    async with here.read(caller) as connection:
        found = await queries.list_visits(
            connection,
            query.value(),
            order=query.order,
            after=query.place(queries.VISITS_SORTED_BY),
            limit=query.fetch,
        )
        ours = await queries.our_people(connection, [each.person_id for each in found])
    shown, next_cursor = query.cut_sorted(found)
    items = [_visit(here, caller, each, ours) for each in shown]
    return VisitPage(items=items, next_cursor=next_cursor)


@router.get("/decisions", summary="List answers of doors")
async def list_decisions(
    query: Annotated[TimeQuery, Query()],
    here: CurrentRuntime,
    caller: AuthSubject = scoped("visits:read"),
) -> DecisionPage:
    """What doors answered, with the reasons, and what came of it: the doors' journal.

    At the caller's places and to its members elsewhere; a member sees the answers to themselves.
    """
    async with here.read(caller) as connection:
        found = await queries.list_decisions(
            connection,
            query.value(),
            order=query.order,
            after=query.place(queries.DECISIONS_SORTED_BY),
            limit=query.fetch,
        )
        people = [each.person_id for each in found if each.person_id is not None]
        ours = await queries.our_people(connection, people)
    shown, next_cursor = query.cut_sorted(found)
    items = [_decision(here, caller, each, ours) for each in shown]
    return DecisionPage(items=items, next_cursor=next_cursor)


def _visit(
    here: Runtime, caller: AuthSubject, row: queries.VisitRow, ours: Collection[UUID]
) -> VisitView:
    known = row.person_id in ours or row.person_id == caller.person_id
    guest = pseudonym(here.secrets, caller.organisation_id, row.person_id)
    return VisitView(
        visit_id=row.id,
        at=row.at,
        person_id=row.person_id if known else None,
        visitor_id=None if known else guest,
        membership_id=row.membership_id if known else None,
        booking_id=row.booking_id if known else None,
        host_organisation_id=row.host_organisation_id,
        home_organisation_id=row.home_organisation_id if known else None,
        location_id=row.location_id,
        door_id=row.door_id,
    )


def _decision(
    here: Runtime, caller: AuthSubject, row: queries.DecisionRow, ours: Collection[UUID]
) -> DecisionView:
    person_id = row.person_id
    known = person_id is None or person_id in ours or person_id == caller.person_id
    meaning = explain(row.code)
    # The person themselves, too, is asked to come to the desk rather than told by a list.
    hidden = meaning.delicate and (caller.person_id is not None or not known)
    sentence = meaning.for_person if hidden else meaning.sentence
    return DecisionView(
        entry=row.id,
        at=row.at,
        kind=row.kind,
        decision_id=row.decision_id,
        location_id=row.location_id,
        door_id=row.door_id,
        person_id=person_id if known else None,
        visitor_id=None
        if known or person_id is None
        else pseudonym(here.secrets, caller.organisation_id, person_id),
        outcome=row.outcome,
        code=SEE_RECEPTION if hidden else row.code,
        sentence=sentence if row.kind == "decision" else None,
        visit_id=row.visit_id,
    )
