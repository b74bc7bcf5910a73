"""Accounts for tests, and browsers that sign in to them."""

import asyncio

import httpx
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.gateways.hashing import passwords
from gymhopper.contexts.identity.usecases.open_account import OpenAccount, open_account

EMAIL = "ada@example.com"
PASSWORD = "a mill that weaves algebra"


async def new_account(
    runtime: Runtime, email: str = EMAIL, password: str | None = PASSWORD, **more: bool
) -> object:
    """Open an account at once, as if its address had been confirmed."""
    hashed = None if password is None else await passwords(runtime).hash(password)
    async with runtime.begin(SERVICE) as uow:
        return await open_account(uow, OpenAccount(email=email, password_hash=hashed, **more))


async def sign_in(
    client: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD
) -> httpx.Response:
    """What a browser sends; the client keeps the cookies."""
    return await client.post("/api/v1/sessions", json={"email": email, "password": password})


def browser(runtime: Runtime) -> httpx.AsyncClient:
    """A browser that nobody has signed in with; it says that our own pages make its requests."""
    return browser_from(runtime, "127.0.0.1")


def browser_from(runtime: Runtime, address: str) -> httpx.AsyncClient:
    """Such a browser somewhere on the internet."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(runtime, dict), client=(address, 4711)),
        base_url="http://test",
        headers={
            "Sec-Fetch-Site": "same-origin",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
        },
    )


async def open_connections(runtime: Runtime, count: int = 8) -> None:
    """Have so many connections at hand: requests at once then meet in the database, where without
    them the first would be done before the second is connected."""

    async def hold() -> None:
        async with runtime.read(SERVICE) as connection:
            await connection.execute(text("SELECT pg_sleep(0.1)"))

    await asyncio.gather(*(hold() for _ in range(count)))
