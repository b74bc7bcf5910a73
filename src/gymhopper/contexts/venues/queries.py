"""Reads of organisations and places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.keyset import Order, paged
from gymhopper.contexts.venues.domain.location import LocationStatus, rollover, staffed_times
from gymhopper.contexts.venues.domain.opening_times import OpeningTimes, resolve
from gymhopper.contexts.venues.domain.organisation import Address, TaxId
from gymhopper.contexts.venues.storage.inheritance import calendar_times
from gymhopper.contexts.venues.storage.tables import (
    calendar,
    legal_entity,
    location,
    organisation,
)
from gymhopper.contracts.venues.events import DayHours
from gymhopper.kernel.calendar import WeeklyHours
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationView:
    """An organisation."""

    id: UUID
    kind: str
    name: str
    external_ref: str | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntityView:
    """A legal entity."""

    id: UUID
    organisation_id: UUID
    name: str
    address: Address | None
    tax_ids: tuple[TaxId, ...]
    country: str
    currency: str
    zone: str
    external_ref: str | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarView:
    """What a calendar itself says."""

    id: UUID
    organisation_id: UUID
    parent_id: UUID | None
    name: str
    weekly: WeeklyHours | None
    exceptions: tuple[DayHours, ...]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationView:
    """A location; `own` is what it says of its opening times, `times` what holds; `own_staffed` and
    `staffed` are the same of when staff are there."""

    id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    name: str
    zone: str
    country: str
    city: str
    address: Address | None
    tier: int
    latitude: float
    longitude: float
    calendar_id: UUID | None
    rollover_hour: int
    status: LocationStatus
    external_ref: str | None
    own: OpeningTimes
    times: OpeningTimes
    own_staffed: OpeningTimes
    staffed: OpeningTimes
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationFilter:
    """Which locations; None asks for nothing."""

    organisation_id: UUID | None = None
    city: str | None = None
    tier: int | None = None
    status: str | None = None


SORTED_BY = {"id": UUID, "name": str, "city": str, "tier": int}
"""By what locations can be sorted."""


async def organisation_view(connection: AsyncConnection, key: UUID) -> OrganisationView:
    """The organisation; NotFound when the transaction sees none of this id."""
    row = await _one(connection, select(organisation).where(organisation.c.id == key))
    if row is None:
        raise NotFound("There is no organisation with this id.")
    return OrganisationView(**_only(OrganisationView, row))


async def legal_entity_view(connection: AsyncConnection, key: UUID) -> LegalEntityView:
    """The legal entity; NotFound when the transaction sees none of this id."""
    row = await _one(connection, select(legal_entity).where(legal_entity.c.id == key))
    if row is None:
        raise NotFound("There is no legal entity with this id.")
    return LegalEntityView(**_only(LegalEntityView, row))


async def calendar_view(connection: AsyncConnection, key: UUID) -> CalendarView:
    """The calendar; NotFound when there is none of this id."""
    row = await _one(connection, select(calendar).where(calendar.c.id == key))
    if row is None:
        raise NotFound("There is no calendar with this id.")
    return CalendarView(**_only(CalendarView, row))


async def location_view(connection: AsyncConnection, key: UUID) -> LocationView:
    """The location; NotFound when there is none of this id."""
    row = await _one(connection, select(location).where(location.c.id == key))
    if row is None:
        raise NotFound("There is no location with this id.")
    return (await _location_views(connection, [row]))[0]


async def location_views(
    connection: AsyncConnection,
    wanted: LocationFilter,
    *,
    order: Order = (("id", False),),
    after: Sequence[object] | None = None,
    limit: int,
) -> list[LocationView]:
    """The wanted locations in the order, from behind the one with these values."""
    query = paged(select(location), location.c, order, after).limit(limit)
    for name in LocationFilter.__dataclass_fields__:
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(location.c[name] == value)
    rows = (await connection.execute(query)).mappings().all()
    return await _location_views(connection, rows)


async def location_ids(connection: AsyncConnection, organisation_id: UUID) -> tuple[UUID, ...]:
    """All locations of the organisation, closed ones too."""
    query = select(location.c.id).where(location.c.organisation_id == organisation_id)
    return tuple((await connection.execute(query.order_by(location.c.id))).scalars())


async def organisation_known_as(connection: AsyncConnection, ref: str) -> UUID | None:
    """The organisation that was imported under this external id."""
    return await _known_as(connection, organisation, ref)


async def legal_entity_known_as(
    connection: AsyncConnection, organisation_id: UUID, ref: str
) -> UUID | None:
    """The organisation's legal entity that was imported under this external id."""
    return await _known_as(connection, legal_entity, ref, organisation_id)


async def location_known_as(
    connection: AsyncConnection, organisation_id: UUID, ref: str
) -> UUID | None:
    """The organisation's location that was imported under this external id."""
    return await _known_as(connection, location, ref, organisation_id)


async def _location_views(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> list[LocationView]:
    said = await calendar_times(
        connection, {row["calendar_id"] for row in rows if row["calendar_id"] is not None}
    )
    views = []
    for row in rows:
        own = OpeningTimes(row["weekly"], row["exceptions"])
        times = resolve([own, said[row["calendar_id"]]])
        fields = {
            **{name: row[name] for name in LocationView.__dataclass_fields__ if name in row},
            "rollover_hour": rollover(row["rollover_hour"], times),
        }
        own_staffed = OpeningTimes(row["staffed_weekly"], row["staffed_exceptions"])
        views.append(
            LocationView(
                **fields,
                own=own,
                times=times,
                own_staffed=own_staffed,
                staffed=staffed_times(own_staffed, times),
            )
        )
    return views


async def _known_as(
    connection: AsyncConnection, table: Table, ref: str, organisation_id: UUID | None = None
) -> UUID | None:
    query = select(table.c.id).where(table.c.external_ref == ref)
    if organisation_id is not None:
        query = query.where(table.c.organisation_id == organisation_id)
    found: UUID | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def _one(connection: AsyncConnection, query: Select[*tuple[Any, ...]]) -> RowMapping | None:
    return (await connection.execute(query)).mappings().one_or_none()


def _only(view: type[Any], row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in view.__dataclass_fields__}
