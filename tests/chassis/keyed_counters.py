"""Routes that count in the database, and a desk that calls them with keys."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.counting import Counted, Counter
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.registry import Context
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.server import HttpServer
from gymhopper.kernel.errors import Conflict
from gymhopper.kernel.ids import new_id

router = APIRouter(prefix="/counters")
entered = asyncio.Event()
released = asyncio.Event()


class NewCounter(BaseModel):
    value: int = 0


class Shown(BaseModel):
    id: UUID
    value: int
    actor: str


async def _make(runtime: Runtime, caller: AuthSubject, value: int) -> UUID:
    async with runtime.begin(caller) as uow:
        counter = Counter(new_id(), total=value)
        uow.add(counter)
        uow.record(counter, Counted(value=value), organisation_id=None)
    return counter.id


@router.post("", status_code=201)
async def make_counter(
    body: NewCounter,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("counters:write"),
) -> Shown:
    made = await _make(runtime, caller, body.value)
    async with runtime.read(caller) as connection:
        value = await _value(connection, made)
    response.headers["Location"] = f"/counters/{made}"
    return Shown(id=made, value=value, actor=caller.actor)


@router.post("/refused", status_code=201)
async def make_and_refuse(
    runtime: CurrentRuntime, caller: AuthSubject = scoped("counters:write")
) -> None:
    await _make(runtime, caller, 1)
    raise Conflict("Too late.")


@router.post("/broken", status_code=201)
async def make_and_break(
    runtime: CurrentRuntime, caller: AuthSubject = scoped("counters:write")
) -> None:
    await _make(runtime, caller, 1)
    raise ZeroDivisionError


@router.post("/twice", status_code=201)
async def make_two(
    runtime: CurrentRuntime, caller: AuthSubject = scoped("counters:write")
) -> list[UUID]:
    return [await _make(runtime, caller, 1), await _make(runtime, caller, 2)]


@router.post("/abroad", status_code=201)
async def make_and_ask_the_network(
    runtime: CurrentRuntime, caller: AuthSubject = scoped("counters:write")
) -> int:
    """What it has made is stored by the time that the network is asked."""
    await _make(runtime, caller, 1)
    await runtime.settle()
    async with runtime.database.transaction(SERVICE) as connection:
        return await _number(connection)


@router.post("/nested", status_code=201)
async def make_inside_another(
    runtime: CurrentRuntime, caller: AuthSubject = scoped("counters:write")
) -> UUID:
    async with runtime.begin(caller) as uow:
        await _make(runtime, caller, 1)
        counter = Counter(new_id(), total=2)
        uow.add(counter)
    return counter.id


@router.post("/slow", status_code=201)
async def make_slowly(
    runtime: CurrentRuntime, caller: AuthSubject = scoped("counters:write")
) -> UUID:
    made = await _make(runtime, caller, 1)
    entered.set()
    await released.wait()
    return made


@router.post("/open", status_code=201)
async def make_for_anybody(runtime: CurrentRuntime, caller: AuthSubject = public()) -> UUID:
    return await _make(runtime, caller, 1)


@router.delete("/{counter_id}", status_code=204)
async def delete_counter(
    counter_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("counters:write")
) -> None:
    async with runtime.begin(caller) as uow:
        await uow.session.delete(await uow.get(Counter, counter_id))


COUNTERS = Context(name="counters", routers=[router])
URL = "/api/v1/counters"


async def _number(connection: AsyncConnection) -> int:
    found = await connection.execute(text("SELECT count(*) FROM testing.counter"))
    number: int = found.scalar_one()
    return number


async def _value(connection: AsyncConnection, counter_id: UUID) -> int:
    found = await connection.execute(
        text("SELECT total FROM testing.counter WHERE id = :id"), {"id": counter_id}
    )
    value: int = found.scalar_one()
    return value


class Desk:
    """Sends requests, each as a caller and with a key, and looks at what came of them."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.runtime = runtime
        self.client = client

    async def post(
        self, key: str | bytes | None, path: str = "", *, caller: str = "desk", **body: Any
    ) -> httpx.Response:
        headers: list[tuple[str, str | bytes]] = [("Authorization", f"Bearer {caller}")]
        if key is not None:
            headers.append(("Idempotency-Key", key))
        return await self.client.post(URL + path, headers=headers, json=body)

    async def counters(self) -> int:
        async with self.runtime.read(SERVICE) as connection:
            return await _number(connection)

    async def kept(self) -> Sequence[Any]:
        async with self.runtime.read(SERVICE) as connection:
            return (await connection.execute(text("SELECT * FROM chassis.idempotency"))).all()


@asynccontextmanager
async def served(runtime: Runtime) -> AsyncIterator[Desk]:
    server = HttpServer(create_app(runtime, dict), host="127.0.0.1", port=0)
    url = server.bind()
    await server.start()
    limits = httpx.Limits(max_connections=200)
    try:
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:
            yield Desk(runtime, client)
    finally:
        await server.stop()


def same(answer: httpx.Response, first: httpx.Response) -> bool:
    return (
        answer.status_code == first.status_code
        and answer.content == first.content
        and answer.headers.get("location") == first.headers.get("location")
        and answer.headers.get("content-type") == first.headers.get("content-type")
    )
