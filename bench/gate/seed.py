"""A cell with many members, filled through the same path that the feed's follower takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gymhopper.contexts.access.domain.coverage import encode_coverage
from gymhopper.contexts.access.domain.credentials import credential_key
from gymhopper.contexts.access.domain.records import (
    Credential,
    Device,
    Door,
    Grant,
    GrantKind,
    Person,
    milliseconds,
)
from gymhopper.contexts.access.gate.ports import SESSION, Write
from gymhopper.contexts.access.gate.sessions import encode_session, session_hash
from gymhopper.contexts.access.storage.valkey import ValkeyCell
from gymhopper.contexts.access.storage.valkey_feed import FeedRow, Kind, ValkeyFeed
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.kernel.calendar import Hours

SECRET = b"the benchmark's own secret"
LOCATIONS = 20
ZONE = "Europe/Berlin"
ROUND_THE_CLOCK = tuple(Hours(day, 0, 1440) for day in range(1, 8))
PLAN = Coverage(
    include=(Clause(tier_up_to=3),),
    hours=ROUND_THE_CLOCK,
    quotas=(VisitQuota(visits=20, per="day"), VisitQuota(visits=200, per="month")),
)

_encode = msgspec.msgpack.encode


@dataclass(frozen=True)
class Reader:
    """A signed-in device and its door."""

    token: str
    door_id: bytes


def card(number: int) -> str:
    """The card number of a member; the load script spells it in the same way."""
    return f"{number:08d}"


def made_id(kind: str, number: int) -> bytes:
    """The same 16 bytes each time."""
    return blake2b(f"{kind} {number}".encode(), digest_size=16).digest()


async def seed_cell(url: str, members: int, now: datetime) -> list[Reader]:
    """Fill an empty cell and sign its devices in; returns them."""
    cell = ValkeyCell(url, timeout=30)
    await cell.open()
    try:
        feed = ValkeyFeed(cell)
        epoch = await feed.begin_rebuild()
        numbered = list(_rows(members, now))
        await feed.apply_snapshot(epoch, numbered)
        await feed.finish_rebuild(epoch, len(numbered))
        return [await _sign_in(cell, number, now) for number in range(LOCATIONS)]
    finally:
        await cell.close()


def _rows(members: int, now: datetime) -> Iterator[FeedRow]:
    for number, (kind, key, payload) in enumerate(_records(members, now), start=1):
        yield FeedRow(kind, key, number, payload)


def _records(members: int, now: datetime) -> Iterator[tuple[Kind, bytes, bytes]]:
    policy, payload = encode_coverage(PLAN)
    yield "policy", policy, payload
    for number in range(LOCATIONS):
        door = Door(
            location_id=made_id("location", number),
            organisation_id=made_id("organisation", number % 5),
            area_id=None,
            city=f"City {number % 4}",
            tier=1 + number % 3,
            zone=ZONE,
            hours=ROUND_THE_CLOCK,
            debounce=3,
            same_visit=3600,
        )
        yield "door", made_id("door", number), _encode(door)
        yield "device", made_id("device", number), _encode(_device(number))
    start = milliseconds(now - timedelta(days=40))
    paid_until = milliseconds(now + timedelta(days=20))
    end = milliseconds(now + timedelta(days=27))
    for number in range(members):
        person_id = made_id("person", number)
        grant = Grant(
            grant_id=made_id("grant", number),
            membership_id=made_id("membership", number),
            organisation_id=made_id("organisation", number % 5),
            policy=policy,
            zone=ZONE,
            start=start,
            soft_until=paid_until,
            hard_until=end,
            end_code="PAYMENT_PAST_DUE",
            kind=GrantKind.ALLOWANCE,
        )
        yield "person", person_id, _encode(Person((grant,)))
        key = credential_key(SECRET, "card", card(number)) or b""
        credential = Credential(person_id, made_id("credential", number))
        yield "credential", key, _encode(credential)


def _device(number: int) -> Device:
    key = Ed25519PrivateKey.from_private_bytes(made_id("key", number) * 2)
    return Device(key.public_key().public_bytes_raw(), (made_id("door", number),))


async def _sign_in(cell: ValkeyCell, number: int, now: datetime) -> Reader:
    token = made_id("token", number).hex()
    expires = milliseconds(now + timedelta(hours=12))
    session = encode_session(made_id("device", number), expires, _device(number))
    await cell.commit([], [Write(SESSION + session_hash(token.encode()), session, 43200)], None)
    return Reader(token, made_id("door", number))
