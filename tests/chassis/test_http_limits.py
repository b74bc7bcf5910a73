"""Limits of requests, as callers meet them."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

import httpx
import pytest
from fastapi import APIRouter
from msgspec.structs import replace

from fixtures.callers import ADMIN, callers_context, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.http.caller import public, scoped
from gymhopper.chassis.http.client_address import ClientAddress
from gymhopper.chassis.http.limits import limited, uncounted
from gymhopper.chassis.registry import Context
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

router = APIRouter()


@router.get("/mine")
async def read_mine(caller: AuthSubject = scoped("mine:read")) -> int:
    return 1


@router.post("/mine")
async def write_mine(caller: AuthSubject = scoped("mine:write")) -> int:
    return 1


@router.get("/open")
async def read_open(caller: AuthSubject = public()) -> int:
    return 1


@router.post("/sign-in", dependencies=[limited("sign_in")])
async def sign_in(caller: AuthSubject = public()) -> int:
    return 1


@router.post("/told", dependencies=[uncounted()])
async def told(caller: AuthSubject = public()) -> int:
    return 1


@router.post("/book", dependencies=[limited("booking")])
async def book(caller: AuthSubject = scoped("mine:write")) -> int:
    return 1


ROUTES = Context(name="routes", routers=[router])
LIMITS = {"limits_read": 3, "limits_write": 6, "limits_sign_in": 2, "limits_booking": 2}


class Callers:
    """Calls from addresses, as whom a test says."""

    def __init__(self, app: object) -> None:
        self._app = app
        self._clients: list[httpx.AsyncClient] = []

    def at(self, address: str = "192.0.2.1", token: str | None = None) -> httpx.AsyncClient:
        made = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self._app, client=(address, 4711)),  # type: ignore[arg-type]  # httpx has a narrower type for the same protocol
            base_url="http://test/api/v1",
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
        )
        self._clients.append(made)
        return made

    async def close(self) -> None:
        for each in self._clients:
            await each.aclose()


@pytest.fixture
def proxies() -> Iterable[str]:
    return ()


@pytest.fixture
async def callers(new_runtime: NewRuntime, proxies: tuple[str, ...]) -> AsyncIterator[Callers]:
    person = replace(staff_of(None), session_id=new_id())
    known = callers_context(one=staff_of(new_id()), two=staff_of(new_id()), person=person)
    runtime = await new_runtime([known, ROUTES], trusted_proxies=proxies, **LIMITS)
    made = Callers(create_app(runtime, dict))
    yield made
    await made.close()


async def statuses(client: httpx.AsyncClient, method: str, path: str, count: int) -> list[int]:
    return [(await client.request(method, path)).status_code for _ in range(count)]


async def test_every_answer_tells_what_is_left(callers: Callers) -> None:
    client = callers.at(token="one")
    first, second = await client.get("/mine"), await client.get("/mine")
    assert first.headers["ratelimit-policy"] == '"read";q=3;w=60'
    assert first.headers["ratelimit"] == '"read";r=2;t=20'
    assert second.headers["ratelimit"] == '"read";r=1;t=40'


async def test_what_is_uncounted_has_no_limit(callers: Callers) -> None:
    client = callers.at()
    assert await statuses(client, "POST", "/told", 20) == [200] * 20
    assert "ratelimit" not in (await client.post("/told")).headers
    assert 429 in await statuses(client, "POST", "/sign-in", 3)


async def test_one_too_many_is_429_and_says_when_to_come_again(
    callers: Callers, clock: ManualClock
) -> None:
    client = callers.at(token="one")
    assert await statuses(client, "GET", "/mine", 3) == [200] * 3
    refused = await client.get("/mine")
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "rate_limited"
    assert refused.headers["ratelimit"] == '"read";r=0;t=60'
    wait = int(refused.headers["retry-after"])
    assert wait == 20
    clock.advance(timedelta(seconds=wait))
    assert (await client.get("/mine")).status_code == 200


async def test_reading_and_writing_are_counted_apart(callers: Callers) -> None:
    client = callers.at(token="one")
    assert await statuses(client, "GET", "/mine", 4) == [200, 200, 200, 429]
    assert await statuses(client, "POST", "/mine", 7) == [200] * 6 + [429]


async def test_callers_are_counted_by_who_they_are(callers: Callers) -> None:
    assert await statuses(callers.at(token="one"), "GET", "/mine", 3) == [200] * 3
    elsewhere = callers.at("192.0.2.99", token="one")
    assert await statuses(elsewhere, "GET", "/mine", 1) == [429]
    assert await statuses(callers.at(token="two"), "GET", "/mine", 1) == [200]


async def test_keys_of_the_whole_platform_may_ask_ten_times_as_often(callers: Callers) -> None:
    program, person = callers.at(token=ADMIN), callers.at(token="person")
    assert await statuses(program, "GET", "/mine", 31) == [200] * 30 + [429]
    assert await statuses(person, "GET", "/mine", 4) == [200] * 3 + [429]


async def test_a_stricter_class_counts_beside_the_usual(callers: Callers) -> None:
    client = callers.at(token="one")
    answer = await client.post("/book")
    assert answer.headers["ratelimit-policy"] == '"write";q=6;w=60, "booking";q=2;w=60'
    assert answer.headers["ratelimit"] == '"write";r=5;t=10, "booking";r=1;t=30'
    assert await statuses(client, "POST", "/book", 2) == [200, 429]
    assert await statuses(client, "POST", "/mine", 4) == [200, 200, 200, 429]


async def test_attempts_to_sign_in_are_counted_by_address(callers: Callers) -> None:
    assert await statuses(callers.at(), "POST", "/sign-in", 3) == [200, 200, 429]
    assert await statuses(callers.at("192.0.2.2"), "POST", "/sign-in", 1) == [200]


async def test_a_household_has_one_ipv6_network(callers: Callers) -> None:
    assert await statuses(callers.at("2001:db8:1:1::1"), "GET", "/open", 3) == [200] * 3
    assert await statuses(callers.at("2001:db8:1:1:ffff::2"), "GET", "/open", 1) == [429]
    assert await statuses(callers.at("2001:db8:1:2::1"), "GET", "/open", 1) == [200]


async def test_guessing_tokens_is_counted_by_address(callers: Callers) -> None:
    for token in (None, "unknown"):
        client = callers.at(f"192.0.2.{3 if token else 4}", token=token)
        assert await statuses(client, "GET", "/mine", 4) == [401, 401, 401, 429]


async def test_health_is_never_limited(callers: Callers) -> None:
    client = callers.at()
    for _ in range(10):
        answer = await client.get("http://test/healthz")
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers


async def test_what_a_stranger_says_of_its_address_does_not_count(callers: Callers) -> None:
    client = callers.at()
    for n in range(4):
        answer = await client.get("/open", headers={"X-Forwarded-For": f"198.51.100.{n}"})
        assert answer.status_code == (200 if n < 3 else 429)


TRUSTED = ("10.0.0.0/8", "2001:db8:ff::/48")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.1, 10.2.3.4"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.1, 10.2.3.4"], "198.51.100.1"),
        ("10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        ("10.0.0.1", ["198.51.100.1, rubbish"], "10.0.0.1"),
        ("10.0.0.1", ["rubbish, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["", " , "], "10.0.0.1"),
        ("2001:db8:ff::1", ["2001:db8:1::5"], "2001:db8:1::5"),
        ("unknown", ["198.51.100.1"], "unknown"),
    ],
)
def test_the_rightmost_address_that_is_no_proxy_of_ours_is_the_clients(
    peer: str, forwarded: list[str], address: str
) -> None:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    assert ClientAddress(TRUSTED).of({"client": (peer, 1), "headers": headers}) == address


def test_a_server_that_knows_no_address_gives_none() -> None:
    assert ClientAddress(TRUSTED).of({"client": None, "headers": []}) is None


@pytest.mark.parametrize("proxies", [("10.0.0.0/8",)])
async def test_behind_a_proxy_each_client_is_counted_for_itself(callers: Callers) -> None:
    client = callers.at("10.0.0.1")
    for n in range(4):
        said = {"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.1"}
        answer = await client.get("/open", headers=said)
        assert answer.status_code == (200 if n < 3 else 429)
    other = await client.get("/open", headers={"X-Forwarded-For": "198.51.100.2"})
    assert other.status_code == 200
