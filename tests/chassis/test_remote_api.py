"""Calls between contexts carry every type, know their callers, and fail in a way one can act on."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Protocol
from uuid import UUID

import httpx
import msgspec
import pytest

from fixtures.runtimes import NewRuntime
from gymhopper.chassis.correlation import correlated, correlation_id
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.remote import PATH
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.server import HttpServer
from gymhopper.kernel.calendar import Hours
from gymhopper.kernel.errors import Unavailable
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


class Everything(msgspec.Struct, frozen=True, kw_only=True):
    """One field for each type that crosses between contexts."""

    id: UUID
    price: Money
    at: datetime
    on: date
    hours: tuple[Hours, ...]
    limits: dict[str, int]
    name: str | None = None
    ratio: float = 0.5
    inner: "Everything | None" = None


class EchoApi(Protocol):
    async def echo(self, *, value: Everything) -> Everything | None: ...

    async def total(self, *, numbers: tuple[int, ...], factor: int = 1) -> int: ...

    async def nothing(self) -> None: ...


class Echo:
    async def echo(self, *, value: Everything) -> Everything | None:
        return value if value.name != "nobody" else None

    async def total(self, *, numbers: tuple[int, ...], factor: int = 1) -> int:
        return sum(numbers) * factor

    async def nothing(self) -> None:
        return None


ECHO = Context(name="chassis", apis=[Implementation(EchoApi, lambda _: Echo())])
# A context's name is the first of the packages of its contract below the contracts' own; this
# one's contract lives in this module.
NAME = EchoApi.__module__.partition(".")[0]

VALUE = Everything(
    id=new_id(),
    price=Money(1250, "EUR"),
    at=datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
    on=date(2026, 3, 29),
    hours=(Hours(1, 480, 1320), Hours(7, 1320, 1560)),
    limits={"day": 1, "month": 8},
    name='Zoë "Ω"',
    inner=Everything(
        id=new_id(),
        price=Money(-7, "JPY"),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        on=date(2026, 1, 1),
        hours=(),
        limits={},
    ),
)


@pytest.fixture
async def served(new_runtime: NewRuntime) -> AsyncIterator[str]:
    """The base URL of a process that keeps the contract."""
    runtime = await new_runtime([ECHO])
    server = HttpServer(create_app(runtime, dict), host="127.0.0.1", port=0)
    base = server.bind()
    await server.start()
    yield base
    await server.stop()


@pytest.fixture(params=["together", "wired", "apart"])
async def echo(request: pytest.FixtureRequest, new_runtime: NewRuntime, served: str) -> EchoApi:
    """The contract as a caller gets it in each topology."""
    if request.param == "apart":
        runtime: Runtime = await new_runtime([], internal_urls={NAME: served})
    else:
        runtime = await new_runtime([ECHO], wired=request.param == "wired")
    return runtime.api(EchoApi)


async def test_every_type_comes_back_as_it_went(echo: EchoApi) -> None:
    assert await echo.echo(value=VALUE) == VALUE


async def test_nobody_is_none_and_nothing_is_nothing(echo: EchoApi) -> None:
    assert await echo.echo(value=msgspec.structs.replace(VALUE, name="nobody")) is None
    assert await echo.nothing() is None


async def test_an_argument_left_out_takes_the_contract_s_default(echo: EchoApi) -> None:
    assert await echo.total(numbers=(1, 2, 3)) == 6
    assert await echo.total(numbers=(1, 2, 3), factor=2) == 12


def call(method: str, contract: str = "EchoApi") -> str:
    return PATH.format(contract=contract, method=method)


async def test_a_call_without_the_installation_s_key_is_refused(served: str) -> None:
    async with httpx.AsyncClient(base_url=served) as client:
        for headers in ({}, {"Authorization": "Bearer " + "00" * 32}, {"Authorization": "é"}):
            encoded = {name: value.encode("utf-8") for name, value in headers.items()}
            answer = await client.post(call("nothing"), content=b"{}", headers=encoded)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", b'{"numbers": "many"}', b'{"numbers": [1], "more": 1}', b"{}"],
)
async def test_bad_arguments_are_422(new_runtime: NewRuntime, served: str, body: bytes) -> None:
    runtime = await new_runtime()
    key = runtime.secrets.key("internal-api").hex()
    async with httpx.AsyncClient(
        base_url=served, headers={"Authorization": f"Bearer {key}"}
    ) as client:
        answer = await client.post(call("total"), content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_internal_call")


@pytest.mark.parametrize(
    ("contract", "method"),
    [("EchoApi", "unknown"), ("EchoApi", "__init__"), ("EchoApi", "mro"), ("OtherApi", "echo")],
)
async def test_an_unknown_contract_or_method_is_404(
    new_runtime: NewRuntime, served: str, contract: str, method: str
) -> None:
    runtime = await new_runtime()
    key = runtime.secrets.key("internal-api").hex()
    async with httpx.AsyncClient(
        base_url=served, headers={"Authorization": f"Bearer {key}"}
    ) as client:
        answer = await client.post(call(method, contract), content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_context_that_nobody_knows_or_that_is_away_is_unavailable(
    new_runtime: NewRuntime,
) -> None:
    nobody = await new_runtime()
    with pytest.raises(Unavailable, match="No process"):
        await nobody.api(EchoApi).nothing()
    away = await new_runtime([], internal_urls={NAME: "http://127.0.0.1:1"})
    with pytest.raises(Unavailable, match="cannot be reached"):
        await away.api(EchoApi).nothing()


async def test_another_installation_s_key_is_unavailable_to_the_caller(
    new_runtime: NewRuntime, served: str
) -> None:
    stranger = await new_runtime([], internal_urls={NAME: served}, master_key="A" * 43 + "=")
    with pytest.raises(Unavailable, match="answered 401"):
        await stranger.api(EchoApi).nothing()


async def test_the_correlation_travels_with_the_call(new_runtime: NewRuntime) -> None:
    heard: list[str] = []

    class Listening(Echo):
        async def nothing(self) -> None:
            heard.append(correlation_id())

    runtime = await new_runtime(
        [Context(name="chassis", apis=[Implementation(EchoApi, lambda _: Listening())])]
    )
    server = HttpServer(create_app(runtime, dict), host="127.0.0.1", port=0)
    caller = await new_runtime([], internal_urls={NAME: server.bind()})
    await server.start()
    with correlated("the-request"):
        await caller.api(EchoApi).nothing()
    await server.stop()
    assert heard == ["the-request"]
