"""Give secret addresses of calendars away, and take them back."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.feed import MOST_OPEN, EnoughFeeds, Feed, FeedKind
from gymhopper.contexts.scheduling.queries.bookers import hold
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.storage.feed_tables import feed
from gymhopper.contexts.scheduling.usecases.reach import acts_for, place_of
from gymhopper.kernel.errors import InvalidInput, NotFound
from gymhopper.kernel.ids import new_id

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class OpenedFeed:
    """The secret is told this once."""

    feed: Feed
    secret: str


async def open_own_feed(uow: UnitOfWork, organisation_id: UUID | None) -> OpenedFeed:
    """One of the caller's own bookings as a member of the organisation, which must be named by
    those who are members of several.

    Raises NotFound for an organisation that is not the caller's, InvalidInput, EnoughFeeds.
    """
    within = uow.subject.within
    if organisation_id is not None and organisation_id not in within:
        raise NotFound("There is no organisation with this id.", field="organisation_id")
    if organisation_id is None and len(within) != 1:
        raise InvalidInput("Say as whose member.", field="organisation_id")
    if uow.subject.person_id is None:
        raise InvalidInput("Members open calendars of bookings for themselves.", field="kind")
    return await _open(
        uow,
        kind="member",
        organisation_id=organisation_id or within[0],
        person_id=uow.subject.person_id,
    )


async def open_feed_of_instructor(uow: UnitOfWork, instructor_id: UUID) -> OpenedFeed:
    """One of what an instructor teaches. Raises NotFound, EnoughFeeds."""
    _require_staff(uow)
    query = select(tables.instructor.c.organisation_id).where(
        tables.instructor.c.id == instructor_id
    )
    organisation_id = (await uow.connection.execute(query)).scalar_one_or_none()
    if organisation_id is None or not acts_for(uow.subject, organisation_id):
        raise NotFound("There is no instructor with this id.", field="instructor_id")
    return await _open(
        uow, kind="instructor", organisation_id=organisation_id, instructor_id=instructor_id
    )


async def open_feed_of_location(uow: UnitOfWork, location_id: UUID) -> OpenedFeed:
    """One of what takes place at a location. Raises NotFound, Forbidden for those who work at
    another one, EnoughFeeds."""
    _require_staff(uow)
    state = await place_of(uow, location_id)
    return await _open(
        uow, kind="location", organisation_id=state.organisation_id, location_id=location_id
    )


async def revoke_feed(uow: UnitOfWork, feed_id: UUID) -> None:
    """The address is not good any more; revoked again, it stays so. Raises NotFound, Forbidden for
    those who work at another location."""
    found = await uow.get(Feed, feed_id)
    if found.location_id is not None:
        await place_of(uow, found.location_id)
    found.revoked_at = found.revoked_at or uow.now


def digest(runtime: Runtime, secret: str) -> bytes:
    """By which a feed is found."""
    key = runtime.secrets.lasting("calendar feeds")
    return hmac.digest(key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _require_staff(uow: UnitOfWork) -> None:
    # Of classes there is a calendar for everybody who works there, not one for each member.
    if uow.subject.person_id is not None:
        raise NotFound("Members open calendars of their own bookings.", field="kind")


async def _open(
    uow: UnitOfWork,
    *,
    kind: FeedKind,
    organisation_id: UUID,
    person_id: UUID | None = None,
    instructor_id: UUID | None = None,
    location_id: UUID | None = None,
) -> OpenedFeed:
    # Counted by one at a time: two would both find room for the last one.
    owners = (person_id, instructor_id, location_id)
    await hold(uow.connection, [each for each in owners if each is not None])
    of = feed.c
    query = select(func.count()).where(
        of.organisation_id == organisation_id,
        of.person_id == person_id,
        of.instructor_id == instructor_id,
        of.location_id == location_id,
        of.revoked_at.is_(None),
    )
    if (await uow.connection.execute(query)).scalar_one() >= MOST_OPEN:
        raise EnoughFeeds(f"There are {MOST_OPEN} such addresses. Revoke one first.")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    opened = Feed(
        id=new_id(),
        organisation_id=organisation_id,
        kind=kind,
        digest=digest(uow.runtime, secret),
        created_at=uow.now,
        created_by=uow.subject.actor,
        person_id=person_id,
        instructor_id=instructor_id,
        location_id=location_id,
    )
    uow.add(opened)
    return OpenedFeed(opened, secret)
