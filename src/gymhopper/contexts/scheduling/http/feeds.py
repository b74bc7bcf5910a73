"""Calendars to subscribe to: their secret addresses, and what is read there."""

from datetime import date, datetime
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.edge import PREFIX
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.domain.feed import FeedKind
from gymhopper.contexts.scheduling.queries.feeds import feeds
from gymhopper.contexts.scheduling.usecases import keep_feed
from gymhopper.contexts.scheduling.usecases.read_feed import read_feed
from gymhopper.kernel.errors import InvalidInput

router = APIRouter(tags=["calendar feeds"])

_MOST_LISTED = 500


class CalendarFeedRequest(BaseModel):
    """What the calendar shows: an instructor's classes, a location's, or the member's own bookings.
    Those who are members of several organisations say of which."""

    model_config = ConfigDict(extra="forbid")

    kind: FeedKind
    organisation_id: UUID | None = None
    instructor_id: UUID | None = None
    location_id: UUID | None = None


class CalendarFeed(BaseModel):
    """A calendar; its address is told once. `last_read_on` is a day in UTC."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: FeedKind
    organisation_id: UUID
    instructor_id: UUID | None
    location_id: UUID | None
    created_at: datetime
    last_read_on: date | None


class NewCalendarFeed(CalendarFeed):
    """The only answer that has the address. Whoever knows it can read the calendar."""

    url: str


class CalendarFeedList(BaseModel):
    """The latest first."""

    items: list[CalendarFeed]


class Calendar(Response):
    """A calendar as RFC 5545 has it."""

    media_type = "text/calendar"


@router.post("/calendar-feeds", status_code=201, summary="Open a calendar to subscribe to")
async def open_calendar_feed(
    body: CalendarFeedRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("feeds:write"),
) -> NewCalendarFeed:
    """Members open calendars of their own bookings, staff those of classes. What is cancelled
    leaves a calendar."""
    _require_one_subject(body)
    async with runtime.begin(caller) as uow:
        if body.instructor_id is not None:
            made = await keep_feed.open_feed_of_instructor(uow, body.instructor_id)
        elif body.location_id is not None:
            made = await keep_feed.open_feed_of_location(uow, body.location_id)
        else:
            made = await keep_feed.open_own_feed(uow, body.organisation_id)
    shown = CalendarFeed.model_validate(made.feed)
    return NewCalendarFeed(**shown.model_dump(), url=_address(runtime, made.secret))


@router.get("/calendar-feeds", summary="List calendars to subscribe to")
async def list_calendar_feeds(
    runtime: CurrentRuntime, caller: AuthSubject = scoped("feeds:write")
) -> CalendarFeedList:
    """A member's own, or those of the organisation's classes; without what was revoked."""
    async with runtime.read(caller) as connection:
        found = await feeds(connection, caller.person_id, _MOST_LISTED)
    return CalendarFeedList(items=[CalendarFeed.model_validate(each) for each in found])


@router.delete("/calendar-feeds/{feed_id}", status_code=204, summary="Revoke a calendar's address")
async def revoke_calendar_feed(
    feed_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("feeds:write")
) -> None:
    """Nothing is read there any more, from this moment on."""
    async with runtime.begin(caller) as uow:
        await keep_feed.revoke_feed(uow, feed_id)


@router.get(
    "/calendar.ics",
    summary="Read a calendar",
    response_class=Calendar,
    responses=refuses(404),
)
async def read_calendar(
    secret: Annotated[str, Query(max_length=100, description="Of the calendar's address.")],
    runtime: CurrentRuntime,
    _caller: AuthSubject = public(),
) -> Calendar:
    """What calendar programs ask for. Whoever knows the address may: programs cannot sign in."""
    content = await read_feed(runtime, secret)
    # Asked for anew each time, since an address can be revoked, but sent only when it changed.
    headers = {
        "Cache-Control": "private, no-cache",
        "ETag": f'"{sha256(content).hexdigest()[:32]}"',
        "X-Robots-Tag": "noindex",
    }
    return Calendar(content, headers=headers)


def _address(runtime: Runtime, secret: str) -> str:
    # In the query, because paths are logged.
    return f"{runtime.public_url}{PREFIX}/calendar.ics?secret={secret}"


def _require_one_subject(body: CalendarFeedRequest) -> None:
    given = {"instructor": body.instructor_id, "location": body.location_id}
    for kind, value in given.items():
        if (value is not None) != (kind == body.kind):
            raise InvalidInput(f"Of kind {kind}, and of no other.", field=f"{kind}_id")
    if body.kind != "member" and body.organisation_id is not None:
        raise InvalidInput("It follows from what the calendar is of.", field="organisation_id")
