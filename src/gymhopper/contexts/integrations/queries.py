"""Reads of endpoints, and of the log of their deliveries."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.integrations.domain.endpoint import DisabledReason, Status
from gymhopper.contexts.integrations.storage import tables

_endpoint, _delivery, _attempt = tables.endpoint, tables.delivery, tables.attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """What may be told about an endpoint: everything but its secrets."""

    id: UUID
    organisation_id: UUID
    url: str
    description: str
    event_types: tuple[str, ...]
    status: Status
    disabled_reason: DisabledReason | None
    disabled_at: datetime | None
    previous_until: datetime | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthView:
    """How an endpoint is: the tries that failed since one succeeded, and what waits."""

    failures: int
    failing_since: datetime | None
    not_before: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One try. Without an outcome it is under way, or its process ended before it was over."""

    number: int
    started_at: datetime
    milliseconds: int | None
    outcome: str | None
    status_code: int | None
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """What became of an event at an endpoint."""

    id: UUID
    endpoint_id: UUID
    webhook_id: str
    type: str
    status: str
    created_at: datetime
    due_at: datetime | None
    finished_at: datetime | None
    attempts: tuple[AttemptView, ...]


async def endpoints(
    connection: AsyncConnection, *, after: UUID | None, limit: int
) -> list[EndpointView]:
    """The endpoints that the transaction may see, oldest first, from behind the given one."""
    query = select(*_columns()).order_by(_endpoint.c.id).limit(limit)
    if after is not None:
        query = query.where(_endpoint.c.id > after)
    return [EndpointView(**row) for row in (await connection.execute(query)).mappings()]


async def endpoint(connection: AsyncConnection, endpoint_id: UUID) -> EndpointView | None:
    """The endpoint, or None when the transaction sees none."""
    query = select(*_columns()).where(_endpoint.c.id == endpoint_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else EndpointView(**row)


async def health(connection: AsyncConnection, endpoint_id: UUID) -> HealthView | None:
    """How the endpoint is, or None when the transaction sees none."""
    waiting = (
        select(func.count())
        .select_from(_delivery)
        .where(_delivery.c.endpoint_id == endpoint_id, _delivery.c.status == "pending")
        .scalar_subquery()
    )
    query = select(
        _endpoint.c.failures,
        _endpoint.c.failing_since,
        _endpoint.c.not_before,
        waiting.label("waiting"),
    ).where(_endpoint.c.id == endpoint_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else HealthView(**row)


async def sealed_secret(connection: AsyncConnection, endpoint_id: UUID) -> bytes | None:
    """The newest secret as it is stored, or None when the transaction sees no such endpoint."""
    query = select(_endpoint.c.secret).where(_endpoint.c.id == endpoint_id)
    return (await connection.execute(query)).scalar()


async def deliveries(
    connection: AsyncConnection,
    *,
    endpoint_id: UUID,
    status: str | None,
    before: UUID | None,
    limit: int,
) -> list[DeliveryView]:
    """The endpoint's deliveries, newest first, from behind the given one."""
    conditions = [_delivery.c.endpoint_id == endpoint_id]
    if status is not None:
        conditions.append(_delivery.c.status == status)
    if before is not None:
        conditions.append(_delivery.c.id < before)
    return await _deliveries(connection, conditions, limit)


async def delivery(connection: AsyncConnection, delivery_id: UUID) -> DeliveryView | None:
    """The delivery, or None when the transaction sees none."""
    found = await _deliveries(connection, [_delivery.c.id == delivery_id], 1)
    return found[0] if found else None


async def body(connection: AsyncConnection, delivery_id: UUID) -> bytes | None:
    """The bytes that are signed and sent."""
    query = select(tables.message.c.body).join(_delivery).where(_delivery.c.id == delivery_id)
    return (await connection.execute(query)).scalar()


async def _deliveries(
    connection: AsyncConnection, conditions: list[ColumnElement[bool]], limit: int
) -> list[DeliveryView]:
    names = [each for each in DeliveryView.__dataclass_fields__ if each != "attempts"]
    query = (
        select(*(_delivery.c[each] for each in names))
        .where(*conditions)
        .order_by(_delivery.c.id.desc())
        .limit(limit)
    )
    rows = (await connection.execute(query)).mappings().all()
    tried = await _attempts(connection, [row["id"] for row in rows])
    return [DeliveryView(**row, attempts=tuple(tried[row["id"]])) for row in rows]


async def _attempts(
    connection: AsyncConnection, delivery_ids: list[UUID]
) -> dict[UUID, list[AttemptView]]:
    names = list(AttemptView.__dataclass_fields__)
    query = (
        select(_attempt.c.delivery_id, *(_attempt.c[each] for each in names))
        .where(_attempt.c.delivery_id.in_(delivery_ids))
        .order_by(_attempt.c.number)
    )
    found: dict[UUID, list[AttemptView]] = defaultdict(list)
    for row in await connection.execute(query):
        found[row.delivery_id].append(AttemptView(**{each: getattr(row, each) for each in names}))
    return found


def _columns() -> list[ColumnElement[object]]:
    return [_endpoint.c[name] for name in EndpointView.__dataclass_fields__]
