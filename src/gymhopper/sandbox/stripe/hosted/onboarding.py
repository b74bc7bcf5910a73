"""The hosted page at an account link: one form that tells what is still to be known.

A script fills it by posting the same fields: `name`, `tax_id`, `iban`, `accept=yes`.
"""

import secrets

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe import banks
from gymhopper.sandbox.stripe.billing.onboarding import UNMATCHED_TAX_ID, change, set_bank
from gymhopper.sandbox.stripe.errors import StripeError
from gymhopper.sandbox.stripe.hosted.frame import (
    HEADERS,
    Found,
    fields,
    gone,
    onward,
    reading,
    render,
    writing,
)
from gymhopper.sandbox.stripe.objects.connected_account import bank_account
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store

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
        async with reading(self._runtime, request, "account") as account:
            found = await _link(account, request)
            if isinstance(found, Response):
                return found
            _, known, _ = found
            return _page(known, {"name": known["company"]["name"] or ""})

    async def submit(self, request: Request) -> Response:
        """Take what was told; what is wrong with it is due again, as with the real provider."""
        try:
            given = await fields(request)
        except StripeError as error:
            return PlainTextResponse(error.message, 400, HEADERS)
        async with writing(self._runtime, request, "account") as account:
            found = await _link(account, request)
            if isinstance(found, Response):
                return found
            store, known, link = found
            told = {name: given.get(name, "") for name in _FIELDS}
            problems = _problems(known, told, accepted="accept" in given)
            if problems:
                return _page(known, told, problems=problems, status=422)
            await _tell(store, known, told, request)
            return onward(link["return_url"])


async def _link(account: Found, request: Request) -> tuple[Store, Object, Object] | Response:
    """The account and the link; or the answer when the link leads nowhere."""
    if account is None:
        return gone()
    store, known = account
    token = request.path_params["token"].encode()
    for key, link in (await store.hidden(known["id"])).get("links", {}).items():
        if secrets.compare_digest(key.encode(), token):
            if link["expires_at"] <= store.now or link.get("used"):
                return onward(link["refresh_url"])
            return store, known, link
    return gone()


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
    account = await change(store, account, changes, more)
    if not told["iban"]:
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
    await set_bank(store, account, bank, banks.failure(number))


def _page(
    account: Object,
    told: dict[str, str],
    *,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    due = account["requirements"]["currently_due"]
    return render(
        "onboarding.html",
        status=status,
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
