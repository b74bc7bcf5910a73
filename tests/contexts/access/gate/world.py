"""A small world for the gate's tests: doors, devices, people, and a client at the door."""

import itertools
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gymhopper.contexts.access.domain.coverage import encode_coverage
from gymhopper.contexts.access.domain.credentials import credential_key
from gymhopper.contexts.access.domain.records import (
    Credential,
    Device,
    Door,
    Grant,
    Person,
    Record,
    Stop,
    milliseconds,
)
from gymhopper.contexts.access.gate.app import GateApp
from gymhopper.contexts.access.gate.journal import JournalEntry
from gymhopper.contexts.access.gate.ports import State
from gymhopper.contexts.access.gate.sessions import signed_message
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.kernel.clock import ManualClock

SECRET = b"a secret of the tests' own"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday, 13:00 in Berlin
BERLIN = "Europe/Berlin"
EVERYWHERE = Coverage(include=(Clause(),))

_encode = msgspec.msgpack.encode


class Store(Protocol):
    """A kind of state under test, with what a test needs beside the gate's port."""

    state: State

    async def feed(self, kind: str, key: bytes, payload: bytes | None) -> None:
        """Apply one row of the feed."""

    async def journal(self) -> list[JournalEntry]:
        """All entries."""

    async def another(self) -> State:
        """A further connection to the same state, as another worker has."""


@dataclass
class Reader:
    """A device with its key and session."""

    device_id: UUID
    key: Ed25519PrivateKey
    doors: list[UUID]
    token: str = ""


@dataclass
class Member:
    """A person with a card, and the record that the cell holds of them."""

    person_id: UUID = field(default_factory=uuid4)
    card: str = field(default_factory=lambda: uuid4().hex)
    credential: Credential | None = None
    person: Person = field(default_factory=Person)


class World:
    """Feeds records to a store and asks a gate over it."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store = store
        self.clock = clock
        self.app = GateApp(store.state, clock, SECRET, noop=True)
        self.http = self.client(self.app)
        self._requests = itertools.count()

    @staticmethod
    def client(app: GateApp) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # httpx types it loosely
        return httpx.AsyncClient(transport=transport, base_url="http://gate")

    def at(self, **delta: float) -> int:
        """Milliseconds of an instant from now."""
        return milliseconds(self.clock.now() + timedelta(**delta))

    async def put(self, kind: str, key: bytes, record: Record | None) -> None:
        await self.store.feed(kind, key, None if record is None else _encode(record))

    async def door(self, **fields: Any) -> UUID:
        door_id = uuid4()
        await self.put_door(door_id, **fields)
        return door_id

    async def put_door(self, door_id: UUID, **fields: Any) -> None:
        defaults: dict[str, Any] = {
            "location_id": door_id.bytes,
            "organisation_id": b"o" * 16,
            "area_id": None,
            "city": "Berlin",
            "tier": 1,
            "zone": BERLIN,
        }
        await self.put("door", door_id.bytes, Door(**(defaults | fields)))

    async def reader(self, *doors: UUID, signed_in: bool = True, enabled: bool = True) -> Reader:
        reader = Reader(uuid4(), Ed25519PrivateKey.generate(), list(doors))
        await self.put_reader(reader, enabled=enabled)
        if signed_in:
            reader.token = await self.sign_in(reader)
        return reader

    async def put_reader(self, reader: Reader, *, enabled: bool = True) -> None:
        public = reader.key.public_key().public_bytes_raw()
        doors = tuple(each.bytes for each in reader.doors)
        await self.put("device", reader.device_id.bytes, Device(public, doors, enabled))

    async def challenge(self, reader: Reader) -> dict[str, str]:
        """The body of a session request that answers a fresh challenge."""
        device = {"device_id": str(reader.device_id)}
        asked = await self.http.post("/access/sessions/challenge", json=device)
        assert asked.status_code == 201, asked.text
        nonce = asked.json()["nonce"]
        signature = reader.key.sign(signed_message(reader.device_id, nonce))
        return device | {"nonce": nonce, "signature": base64url(signature)}

    async def sign_in(self, reader: Reader) -> str:
        opened = await self.http.post("/access/sessions", json=await self.challenge(reader))
        assert opened.status_code == 201, opened.text
        token: str = opened.json()["token"]
        return token

    async def grant(self, coverage: Coverage = EVERYWHERE, **fields: Any) -> Grant:
        """A grant that runs from yesterday for a month, its policy already in the cell."""
        policy, payload = encode_coverage(coverage)
        await self.store.feed("policy", policy, payload)
        defaults: dict[str, Any] = {
            "grant_id": uuid4().bytes,
            "membership_id": uuid4().bytes,
            "organisation_id": b"h" * 16,
            "policy": policy,
            "zone": BERLIN,
            "start": self.at(days=-1),
            "soft_until": self.at(days=30),
            "hard_until": self.at(days=30),
            "end_code": "MEMBERSHIP_EXPIRED",
        }
        return Grant(**(defaults | fields))

    async def member(self, *grants: Grant, blocks: tuple[Stop, ...] = ()) -> Member:
        member = Member(person=Person(grants, blocks))
        await self.put_person(member)
        await self.put_card(member)
        return member

    async def put_person(self, member: Member, *grants: Grant) -> None:
        if grants:
            member.person = Person(grants, member.person.blocks)
        await self.put("person", member.person_id.bytes, member.person)

    async def put_card(self, member: Member, **fields: Any) -> None:
        key = credential_key(SECRET, "card", member.card)
        assert key is not None
        member.credential = Credential(member.person_id.bytes, uuid4().bytes, **fields)
        await self.put("credential", key, member.credential)

    async def scan(
        self,
        reader: Reader,
        member: Member | str,
        door: UUID | None = None,
        *,
        request_id: str | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> dict[str, Any]:
        """Present the member's card; the answer must be a decision."""
        answer = await self.post_scan(reader, member, door, request_id=request_id, http=http)
        assert answer.status_code == 200, answer.text
        decision: dict[str, Any] = answer.json()
        return decision

    async def post_scan(
        self,
        reader: Reader,
        member: Member | str,
        door: UUID | None = None,
        *,
        request_id: str | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> httpx.Response:
        value = member if isinstance(member, str) else member.card
        body: dict[str, Any] = {
            "request_id": request_id or f"scan-{next(self._requests)}",
            "credential": {"type": "card", "value": value},
        }
        if door is not None:
            body["door_id"] = str(door)
        return await (http or self.http).post(
            "/access/checkin", json=body, headers=bearer(reader.token)
        )

    async def passage(self, reader: Reader, decision_id: str, outcome: str) -> httpx.Response:
        return await self.http.post(
            "/access/passage",
            json={"decision_id": decision_id, "outcome": outcome},
            headers=bearer(reader.token),
        )

    def later(self, **delta: float) -> None:
        self.clock.advance(timedelta(**delta))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
