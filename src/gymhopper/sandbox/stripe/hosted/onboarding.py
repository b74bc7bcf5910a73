"""The hosted page at an account link: one form that tells what is still to be known.

A script fills it by posting the same fields: `name`, `tax_id`, `iban`, `accept=yes`.
"""

import secrets
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe import banks
from gymhopper.sandbox.stripe.billing.clock import writing_store
from gymhopper.sandbox.stripe.billing.onboarding import UNMATCHED_TAX_ID, change, set_bank
from gymhopper.sandbox.stripe.errors import StripeError
from gymhopper.sandbox.stripe.objects.connected_account import bank_account
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire import form

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_FIELDS = ("name", "tax_id", "iban")


class OnboardingPages:
    """Asks for what is due, and sends the person back to the platform."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def routes(self) -> list[Route]:
        """The page and its form, at the `url` of an account link."""
        return [
            Route("/onboarding/{key}/{token}", self.show, methods=["GET"]),
            Route("/onboarding/{key}/{token}", self.submit, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The form; a link that is used or too old leads to where a new one is made."""
        async with self._runtime.database.transaction(SERVICE, read_only=True) as connection:
            store = Store(connection, int(self._runtime.clock.now().timestamp()))
            found = await _link(store, request)
            if isinstance(found, Response):
                return found
            account, _ = found
            return _page(account, {"name": account["company"]["name"] or ""})

    async def submit(self, request: Request) -> Response:
        """Take what was told; what is wrong with it is due again, as with the real provider."""
        try:
            given = form.decode(await request.body())
        except StripeError as error:
            return PlainTextResponse(error.message, 400, _HEADERS)
        async with self._runtime.database.transaction(SERVICE) as connection:
            store = await writing_store(self._runtime, connection)
            found = await _link(store, request)
            if isinstance(found, Response):
                return found
            account, link = found
            told = {name: str(given.get(name, "")).strip() for name in _FIELDS}
            problems = _problems(account, told, accepted="accept" in given)
            if problems:
                return _page(account, told, problems=problems, status=422)
            await _tell(store, account, told, request)
            return RedirectResponse(link["return_url"], 303, _HEADERS)


async def _link(store: Store, request: Request) -> tuple[Object, Object] | Response:
    """The account and the link; or the answer when the link leads nowhere."""
    key, token = request.path_params["key"], request.path_params["token"]
    account = await store.find("account", key)
    if account is None:
        return HTMLResponse(_TEMPLATES.get_template("missing.html").render(), 404, _HEADERS)
    hidden = await store.hidden(key)
    for known, link in hidden.get("links", {}).items():
        if secrets.compare_digest(known.encode(), token.encode()):
            if link["expires_at"] <= store.now or link.get("used"):
                return RedirectResponse(link["refresh_url"], 303, _HEADERS)
            return account, link
    return HTMLResponse(_TEMPLATES.get_template("missing.html").render(), 404, _HEADERS)


def _problems(account: Object, told: dict[str, str], *, accepted: bool) -> dict[str, str]:
    """What the form itself refuses, by field. What is known already may be left out."""
    due = account["requirements"]["currently_due"]
    found = {}
    if not told["name"]:
        found["name"] = "Give the name of the business."
    if not told["tax_id"] and "company.tax_id" in due:
        found["tax_id"] = "Give the tax id."
    if told["iban"]:
        if banks.plain(told["iban"]) is None:
            found["iban"] = "This is no IBAN."
    elif "external_account" in due:
        found["iban"] = "Give the IBAN."
    if not accepted and "tos_acceptance.date" in due:
        found["accept"] = "The terms have to be accepted."
    return found


async def _tell(store: Store, account: Object, told: dict[str, str], request: Request) -> None:
    hidden = await store.hidden(account["id"])
    token = request.path_params["token"]
    links = {**hidden["links"], token: {**hidden["links"][token], "used": True}}
    company = {**account["company"], "name": told["name"]}
    more: Object = {"links": links}
    if told["tax_id"]:
        company["tax_id_provided"] = True
        more["tax_id"] = told["tax_id"]
    changes: Object = {
        "business_type": account["business_type"] or "company",
        "company": company,
        "details_submitted": True,
    }
    if account["tos_acceptance"]["date"] is None:
        changes["tos_acceptance"] = {
            **account["tos_acceptance"],
            "date": store.now,
            "ip": request.client.host if request.client is not None else None,
        }
    changed = partial(change, store, account, changes, more)
    if not told["iban"]:
        await changed()
        return
    number = banks.plain(told["iban"]) or ""
    bank = bank_account(
        account["id"],
        number=number,
        given={
            "account_holder_name": told["name"],
            "country": number[:2] if number[:2].isalpha() else account["country"],
            "currency": account["default_currency"],
        },
    )
    await set_bank(store, await changed(), bank, banks.failure(number))


def _page(
    account: Object,
    told: dict[str, str],
    *,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    due = account["requirements"]["currently_due"]
    page = _TEMPLATES.get_template("onboarding.html").render(
        email=account["email"],
        told=told,
        problems=problems or {},
        errors=[each["reason"] for each in account["requirements"]["errors"]],
        asks_tax_id="company.tax_id" in due,
        asks_iban="external_account" in due,
        asks_acceptance="tos_acceptance.date" in due,
        unmatched=UNMATCHED_TAX_ID,
        numbers=banks.TEST_NUMBERS,
    )
    return HTMLResponse(page, status, _HEADERS)
