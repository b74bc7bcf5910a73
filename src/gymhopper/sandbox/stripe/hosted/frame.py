"""What all hosted pages share: templates, headers, the time, one transaction for each request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.account import MOUNT
from gymhopper.sandbox.stripe.billing.clock import writing_store
from gymhopper.sandbox.stripe.cards import TEST_CARDS
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire import form

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


Found = tuple[Store, Object] | None


@asynccontextmanager
async def reading(runtime: Runtime, request: Request, *kinds: str) -> AsyncIterator[Found]:
    """What the address names, which is of one of these kinds, with a store of its account."""
    async with runtime.database.transaction(SERVICE, read_only=True) as connection:
        now = int(runtime.clock.now().timestamp())
        yield await _named(Store(connection, now, base_url=runtime.url + MOUNT), request, kinds)


@asynccontextmanager
async def writing(runtime: Runtime, request: Request, *kinds: str) -> AsyncIterator[Found]:
    """The same for what the customer does, with every other writer waiting."""
    async with runtime.database.transaction(SERVICE) as connection:
        yield await _named(await writing_store(runtime, connection), request, kinds)


async def _named(store: Store, request: Request, kinds: tuple[str, ...]) -> Found:
    for kind in kinds:
        found = await store.anywhere(kind, request.path_params["key"])
        if found is not None:
            return found
    return None


async def fields(request: Request) -> dict[str, str]:
    """The form's plain fields without spaces around them; InvalidRequest when it is no form."""
    given = form.decode(await request.body())
    return {name: value.strip() for name, value in given.items() if isinstance(value, str)}


def render(template: str, *, status: int = 200, **values: Any) -> Response:
    """The page."""
    page = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(page, status, HEADERS)


def onward(url: str) -> Response:
    """The customer goes on to another page."""
    return RedirectResponse(url, 303, HEADERS)


def gone() -> Response:
    """There is nothing at this address."""
    return render("missing.html", status=404)


def card_number(given: str) -> str:
    """What was typed, without the gaps."""
    return "".join(c for c in given if c not in " -")


def grouped(number: str) -> str:
    """A card's number as it is printed."""
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def cards_to_try() -> list[tuple[str, str]]:
    """The cards that can be tried, and what each does."""
    return [(grouped(card.number), card.says) for card in TEST_CARDS]


def every(recurring: Object | None) -> str:
    """How often a price is due, in words."""
    if recurring is None:
        return "once"
    count, unit = recurring["interval_count"], recurring["interval"]
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"
