"""Connected accounts and their capabilities."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from gymhopper.sandbox.stripe import banks
from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.billing.onboarding import change, judged, set_bank
from gymhopper.sandbox.stripe.errors import AccountForbidden, InvalidRequest
from gymhopper.sandbox.stripe.objects import connected_account as shapes
from gymhopper.sandbox.stripe.objects.identity import Object, contained, object_id
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Currency,
    ListParameters,
    Metadata,
    Nested,
    Nothing,
    Parameters,
    Text,
    Timestamp,
    check,
    merged_metadata,
)

endpoints = Endpoints()

_PATH = "/v1/accounts"
_CURRENCIES = {"CH": "chf", "CZ": "czk", "DK": "dkk", "GB": "gbp", "HU": "huf", "NO": "nok"} | {
    "PL": "pln",
    "SE": "sek",
    "US": "usd",
}
_EURO = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK".split()
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Requested(Nested):
    requested: bool | None = None


class Capabilities(Nested):
    card_payments: Requested | None = None
    sepa_debit_payments: Requested | None = None
    transfers: Requested | None = None


class FeesPayer(Nested):
    payer: Literal["account", "application"] | None = None


class LossesBearer(Nested):
    payments: Literal["application", "stripe"] | None = None


class Dashboard(Nested):
    type: Literal["express", "full", "none"] | None = None


class Controller(Nested):
    fees: FeesPayer = FeesPayer()
    losses: LossesBearer = LossesBearer()
    requirement_collection: Literal["application", "stripe"] = "stripe"
    stripe_dashboard: Dashboard = Dashboard()


class BusinessProfile(Nested):
    mcc: Annotated[str, Field(max_length=4)] | None = None
    name: Text | None = None
    product_description: Text | None = None
    support_email: Text | None = None
    support_phone: Text | None = None
    url: Text | None = None


class Address(Nested):
    city: Text | None = None
    country: Text | None = None
    line1: Text | None = None
    line2: Text | None = None
    postal_code: Text | None = None
    state: Text | None = None


class Company(Nested):
    address: Address | None = None
    name: Text | None = None
    phone: Text | None = None
    tax_id: Text | None = None


class Schedule(Nested):
    interval: Literal["manual"] | None = None


class PayoutSettings(Nested):
    debit_negative_balances: bool | None = None
    schedule: Schedule | None = None
    statement_descriptor: Text | None = None


class Settings(Nested):
    payouts: PayoutSettings | None = None


class Acceptance(Nested):
    date: Timestamp | None = None
    ip: Text | None = None
    service_agreement: Literal["full", "recipient"] | None = None
    user_agent: Text | None = None


class BankAccount(Nested):
    """What `external_account` holds; tokens are not played."""

    account_holder_name: Text | None = None
    account_holder_type: Literal["company", "individual"] | None = None
    account_number: Text
    country: Country
    currency: Currency
    object: Literal["bank_account"]
    routing_number: Text | None = None


class UpdateAccount(Parameters):
    business_profile: BusinessProfile | None = None
    business_type: Literal["company", "government_entity", "non_profit"] | None = None
    capabilities: Capabilities | None = None
    company: Company | None = None
    default_currency: Currency | None = None
    email: Text | None = None
    external_account: dict[str, Any] | None = None
    metadata: Metadata | None = None
    settings: Settings | None = None
    tos_acceptance: Acceptance | None = None


class CreateAccount(UpdateAccount):
    controller: Controller | None = None
    country: Country = "DE"
    type: Literal["custom", "express", "standard"] | None = None


class RejectAccount(Parameters):
    reason: Literal["fraud", "other", "terms_of_service"]


class UpdateCapability(Parameters):
    requested: bool | None = None


@endpoints.on("POST", _PATH, CreateAccount)
async def create_account(call: Call, parameters: CreateAccount) -> Object:
    store = call.store
    if store.account != ACCOUNT:
        raise InvalidRequest("A connected account cannot make accounts of its own.")
    given = parameters.controller
    if given is not None and parameters.type is not None:
        raise InvalidRequest(
            "You may not provide the `type` and the `controller` of an account together.",
            param="type",
        )
    made = shapes.account(
        object_id("acct"),
        created=store.now,
        country=parameters.country,
        currency=parameters.default_currency or _currency(parameters.country),
        kind=parameters.type or ("standard" if given is None else "none"),
        controlled=shapes.controller(*shapes.TYPES[parameters.type or "standard"])
        if given is None
        else shapes.controller(
            given.fees.payer or "account",
            given.losses.payments or "stripe",
            given.requirement_collection,
            given.stripe_dashboard.type or "full",
        ),
    )
    hidden: Object = {"requested": {}}
    changes, more = _told(call, made, hidden, parameters)
    made, hidden = {**made, **changes}, hidden | more
    number = None
    if (bank := _bank(parameters)) is not None:
        number = _number(bank)
        made["external_accounts"] = contained(
            [_bank_account(made["id"], bank, number)], made["external_accounts"]["url"]
        )
        hidden["failing"] = banks.failure(number)
    return await store.insert(judged(made, hidden), hidden=hidden)


def _currency(country: str) -> str:
    found = "eur" if country in _EURO else _CURRENCIES.get(country)
    if found is None:
        raise InvalidRequest(f"Country '{country}' is not played here.", param="country")
    return found


@endpoints.on("POST", f"{_PATH}/{{key}}", UpdateAccount)
async def update_account(call: Call, parameters: UpdateAccount, *, key: str) -> Object:
    before = await connected(call, key)
    hidden = await call.store.of(ACCOUNT).hidden(key)
    bank = _bank(parameters)
    number = _number(bank) if bank is not None else ""
    after = await change(call.store, before, *_told(call, before, hidden, parameters))
    if bank is None:
        return after
    made = _bank_account(key, bank, number)
    return await set_bank(call.store, after, made, banks.failure(number))


def _told(
    call: Call, before: Object, hidden: Object, parameters: UpdateAccount
) -> tuple[Object, Object]:
    """What a request changes of the account, and of what is kept with it."""
    changes = parameters.given("business_type", "default_currency", "email")
    more: Object = {}
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    for name in ("business_profile", "tos_acceptance"):
        if name in parameters.model_fields_set:
            changes[name] = before[name] | parameters.given(name)[name]
    if parameters.company is not None:
        company = parameters.company.given("address", "name", "phone")
        if "address" in company:
            company["address"] = before["company"]["address"] | company["address"]
        if parameters.company.tax_id is not None:
            more["tax_id"] = parameters.company.tax_id
            company["tax_id_provided"] = True
        changes["company"] = before["company"] | company
    if parameters.settings is not None and parameters.settings.payouts is not None:
        payouts = parameters.settings.payouts.given(
            "debit_negative_balances", "statement_descriptor"
        )
        settings = before["settings"]
        changes["settings"] = {**settings, "payouts": settings["payouts"] | payouts}
    if parameters.capabilities is not None:
        requested = dict(hidden["requested"])
        for name, wish in parameters.given("capabilities")["capabilities"].items():
            _request(requested, name, call.store.now, wanted=(wish or {}).get("requested"))
        more["requested"] = requested
    return changes, more


def _request(requested: dict[str, int], name: str, now: int, *, wanted: bool | None) -> None:
    if wanted:
        requested.setdefault(name, now)
    elif wanted is False:
        requested.pop(name, None)


def _bank(parameters: UpdateAccount) -> BankAccount | None:
    given = parameters.external_account
    return check(BankAccount, given, within="external_account") if given is not None else None


def _number(given: BankAccount) -> str:
    number = banks.plain(given.account_number)
    if number is None:
        raise InvalidRequest(
            "You must use a valid bank account number. You provided: "
            f"{given.account_number[:4]}...",
            code="account_number_invalid",
            param="external_account[account_number]",
        )
    return number


def _bank_account(account_id: str, given: BankAccount, number: str) -> Object:
    told = given.given(
        "account_holder_name", "account_holder_type", "country", "currency", "routing_number"
    )
    return shapes.bank_account(account_id, number=number, given=told)


async def connected(call: Call, key: str) -> Object:
    """The connected account, for the platform or for itself; AccountForbidden for all others."""
    found = None
    if call.store.account in {ACCOUNT, key}:
        found = await call.store.of(ACCOUNT).find("account", key)
    if found is None:
        raise AccountForbidden(key)
    return found


@endpoints.on("GET", "/v1/account", Parameters)
async def retrieve_own_account(call: Call, parameters: Parameters) -> Object:
    return await retrieve_account(call, parameters, key=call.store.account)


@endpoints.on("GET", f"{_PATH}/{{key}}", Parameters)
async def retrieve_account(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    if key == call.store.account == ACCOUNT:
        return shapes.platform_account()
    return await connected(call, key)


endpoints.listing(_PATH, "account", ListParameters)


@endpoints.on("DELETE", f"{_PATH}/{{key}}", Nothing)
async def delete_account(call: Call, parameters: Nothing, *, key: str) -> Object:
    del parameters
    return await call.store.of(ACCOUNT).delete(await connected(call, key))


@endpoints.on("POST", f"{_PATH}/{{key}}/reject", RejectAccount)
async def reject_account(call: Call, parameters: RejectAccount, *, key: str) -> Object:
    before = await connected(call, key)
    return await change(call.store, before, {}, {"rejected": parameters.reason})


async def _capability(call: Call, of: Object, name: str) -> Object:
    if name not in Capabilities.model_fields:
        raise InvalidRequest(f"No such capability: '{name}'", code="resource_missing")
    hidden = await call.store.of(ACCOUNT).hidden(of["id"])
    return shapes.capability(of, name, requested_at=hidden["requested"].get(name))


@endpoints.on("GET", f"{_PATH}/{{key}}/capabilities/{{name}}", Parameters)
async def retrieve_capability(call: Call, parameters: Parameters, *, key: str, name: str) -> Object:
    del parameters
    return await _capability(call, await connected(call, key), name)


@endpoints.on("POST", f"{_PATH}/{{key}}/capabilities/{{name}}", UpdateCapability)
async def update_capability(
    call: Call, parameters: UpdateCapability, *, key: str, name: str
) -> Object:
    before = await connected(call, key)
    await _capability(call, before, name)
    hidden = await call.store.of(ACCOUNT).hidden(key)
    requested = dict(hidden["requested"])
    _request(requested, name, call.store.now, wanted=parameters.requested)
    after = await change(call.store, before, {}, {"requested": requested})
    return await _capability(call, after, name)


@endpoints.on("GET", f"{_PATH}/{{key}}/capabilities", Parameters)
async def list_capabilities(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    of = await connected(call, key)
    hidden = await call.store.of(ACCOUNT).hidden(key)
    asked = [await _capability(call, of, name) for name in sorted(hidden["requested"])]
    return contained(asked, f"{_PATH}/{key}/capabilities")
