"""Have visits count on: after a merge against the survivor's memberships, after a transfer against
those of whoever has the membership now."""

from collections.abc import Callable
from uuid import UUID

import msgspec
import sqlalchemy as sa

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access.domain.going_over import gone_over
from gymhopper.contexts.access.domain.usage import Usage, handed_over
from gymhopper.contexts.access.gate.ports import USAGE, VERSION_BYTES, Write
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.kernel.errors import Unavailable

HAND_OVER_USAGE = "access.hand_over_usage"
GO_OVER = "access.usage_goes_over"

TRIES = 20

_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(Usage).decode


async def hand_over_usage(
    runtime: Runtime, cell: ValkeyCell, *, person_id: UUID, into_person_id: UUID
) -> None:
    """Move what the person used up of memberships that are the other's now; repeats do nothing.

    Doors go on deciding meanwhile: whoever finds that either value moved looks again.
    """
    held, booked = tables.entitlement.c, tables.booking.c
    async with runtime.read(SERVICE) as connection:
        found = await connection.execute(
            sa.union(
                sa.select(held.membership_id).where(held.person_id == into_person_id),
                sa.select(booked.booking_id).where(booked.person_id == into_person_id),
            )
        )
        memberships = {each.bytes for each in found.scalars()}
    await _exchange(
        cell, person_id, into_person_id, lambda usage, to: handed_over(usage, to, memberships)
    )


async def usage_goes_over(
    cell: ValkeyCell, *, person_id: UUID, membership_id: UUID, to_person_id: UUID, heir_id: UUID
) -> None:
    """Count the person's visits of running periods for the membership that goes on with theirs."""
    await _exchange(
        cell,
        person_id,
        to_person_id,
        lambda usage, to: gone_over(usage, to, membership_id.bytes, heir_id.bytes),
    )


async def _exchange(
    cell: ValkeyCell,
    person_id: UUID,
    to_person_id: UUID,
    hand: Callable[[Usage, Usage], tuple[Usage, Usage]],
) -> None:
    keys = [USAGE + person_id.bytes, USAGE + to_person_id.bytes]
    for _ in range(TRIES):
        values = await cell.fetch(*keys)
        before = [Usage() if each is None else _decode(each[VERSION_BYTES:]) for each in values]
        after = hand(before[0], before[1])
        if after[0] is before[0]:
            return
        expected = [
            (key, b"" if value is None else value[:VERSION_BYTES])
            for key, value in zip(keys, values, strict=True)
        ]
        writes = [
            Write(key, _next(value) + _encode(usage))
            for key, value, usage in zip(keys, values, after, strict=True)
        ]
        if await cell.commit(expected, writes, None):
            return
    raise Unavailable("Doors use these values all the time.")


def _next(value: bytes | None) -> bytes:
    last = 0 if value is None else int.from_bytes(value[:VERSION_BYTES], "big")
    return (last + 1).to_bytes(VERSION_BYTES, "big")
