"""Connected accounts: made, onboarded on the hosted page, judged, rejected, deleted."""

from datetime import timedelta
from typing import Any

import pytest
import stripe

from sandbox.stripe import openapi
from sandbox.stripe.harness import IBAN, Sandbox, refusal

BANK = {
    "object": "bank_account",
    "country": "DE",
    "currency": "eur",
    "account_number": "DE89370400440532013000",
}


def due(account: stripe.Account) -> list[str]:
    assert account.requirements is not None
    return list(account.requirements.currently_due or [])


async def test_a_new_account_can_do_nothing_and_says_what_it_needs(sandbox: Sandbox) -> None:
    made = await sandbox.connect(onboarded=False, metadata={"partner": "p"})
    assert (made.charges_enabled, made.payouts_enabled, made.details_submitted) == (
        False,
        False,
        False,
    )
    assert due(made) == [
        "business_type",
        "company.name",
        "company.tax_id",
        "external_account",
        "tos_acceptance.date",
        "tos_acceptance.ip",
    ]
    shown = made.to_dict()
    assert shown["capabilities"] == {"transfers": "inactive"}
    assert (shown["type"], shown["default_currency"]) == ("none", "eur")
    assert shown["controller"]["stripe_dashboard"] == {"type": "express"}
    assert shown["requirements"]["disabled_reason"] == "requirements.past_due"
    assert not list(openapi.problems(shown))
    again = await sandbox.client.v1.accounts.retrieve_async(made.id)
    assert again.to_dict() == shown


@pytest.mark.parametrize(
    ("kind", "fees", "collects"),
    [
        ("standard", "account", "stripe"),
        ("express", "application_express", "stripe"),
        ("custom", "application_custom", "application"),
    ],
)
async def test_a_type_stands_for_its_controller(
    sandbox: Sandbox, kind: Any, fees: str, collects: str
) -> None:
    made = await sandbox.client.v1.accounts.create_async({"type": kind, "country": "US"})
    shown = made.to_dict()
    assert (made.type, shown["controller"]["fees"]["payer"]) == (kind, fees)
    assert shown["controller"]["requirement_collection"] == collects
    assert made.default_currency == "usd"
    assert not list(openapi.problems(shown))


async def test_the_form_makes_an_account_able_to_take_and_pay_out(sandbox: Sandbox) -> None:
    made = await sandbox.connect(onboarded=False)
    link = await sandbox.onboarding(made.id)
    assert not list(openapi.problems(link.to_dict()))
    page = await sandbox.browser.get(link.url)
    assert page.status_code == 200
    assert "IBAN" in page.text
    answer = await sandbox.onboard(made.id)
    assert (answer.status_code, answer.headers["location"]) == (303, "http://127.0.0.1/done")
    account = await sandbox.client.v1.accounts.retrieve_async(made.id)
    assert due(account) == []
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (
        True,
        True,
        True,
    )
    shown = account.to_dict()
    assert shown["capabilities"] == {"transfers": "active"}
    assert shown["external_accounts"]["data"][0]["last4"] == "3000"
    assert not list(openapi.problems(shown))
    events = await sandbox.deliver()
    assert {event["account"] for event in events} == {made.id}
    assert [event["type"] for event in events] == [
        "account.updated",
        "capability.updated",
        "account.updated",
        "account.external_account.created",
    ]
    last = events[2]["data"]
    assert last["object"] == shown
    assert last["previous_attributes"]["payouts_enabled"] is False


async def test_a_tax_id_that_nobody_knows_is_asked_for_again(sandbox: Sandbox) -> None:
    made = await sandbox.connect(onboarded=False)
    assert (await sandbox.onboard(made.id, tax_id="111111111")).status_code == 303
    account = await sandbox.client.v1.accounts.retrieve_async(made.id)
    assert due(account) == ["company.tax_id"]
    shown = account.to_dict()
    assert shown["requirements"]["errors"][0]["code"] == "verification_failed_tax_id_match"
    assert (account.details_submitted, account.charges_enabled, account.payouts_enabled) == (
        True,
        False,
        False,
    )
    assert not list(openapi.problems(shown))
    page = await sandbox.browser.get((await sandbox.onboarding(made.id)).url)
    assert "not known under this name" in page.text
    assert (await sandbox.onboard(made.id, iban="")).status_code == 303
    assert due(await sandbox.client.v1.accounts.retrieve_async(made.id)) == []


@pytest.mark.parametrize("field", ["name", "tax_id", "iban"])
async def test_the_form_names_what_is_missing_and_changes_nothing(
    sandbox: Sandbox, field: str
) -> None:
    made = await sandbox.connect(onboarded=False)
    answer = await sandbox.onboard(made.id, **{field: " "})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert (await sandbox.client.v1.accounts.retrieve_async(made.id)).to_dict() == made.to_dict()
    assert await sandbox.deliver() == []


async def test_the_form_refuses_what_is_no_iban_and_terms_that_are_not_accepted(
    sandbox: Sandbox,
) -> None:
    made = await sandbox.connect(onboarded=False)
    link = await sandbox.onboarding(made.id)
    bad = await sandbox.browser.post(link.url, data={"name": "x", "tax_id": "y", "iban": "12"})
    assert 'id="iban-problem"' in bad.text
    assert 'id="accept-problem"' in bad.text


async def test_a_link_is_good_once_and_for_five_minutes(sandbox: Sandbox) -> None:
    made = await sandbox.connect(onboarded=False)
    link = await sandbox.onboarding(made.id)
    told = {"name": "Studio", "tax_id": "1", "iban": IBAN, "accept": "yes"}
    assert (await sandbox.browser.post(link.url, data=told)).status_code == 303
    used = await sandbox.browser.post(link.url, data=told | {"name": "Other"})
    assert used.headers["location"] == "http://127.0.0.1/again"
    late = await sandbox.onboarding(made.id)
    sandbox.clock.advance(timedelta(minutes=5))
    assert (await sandbox.browser.get(late.url)).headers["location"] == "http://127.0.0.1/again"
    assert (await sandbox.browser.get(link.url[:-1])).status_code == 404
    gone = link.url.replace(made.id, "acct_none")
    assert (await sandbox.browser.post(gone, data=told)).status_code == 404
    account = await sandbox.client.v1.accounts.retrieve_async(made.id)
    assert account.to_dict()["company"]["name"] == "Studio"


async def test_the_platform_can_tell_everything_by_the_api(sandbox: Sandbox) -> None:
    accounts = sandbox.client.v1.accounts
    made = await accounts.create_async(
        {
            "type": "custom",
            "country": "DE",
            "business_type": "company",
            "business_profile": {"mcc": "7997", "url": "http://partner.example"},
            "company": {"name": "Studio", "tax_id": "HRB 1", "address": {"city": "Kiel"}},
            "capabilities": {
                "card_payments": {"requested": True},
                "transfers": {"requested": True},
            },
            "external_account": BANK,
            "tos_acceptance": {"date": 1, "ip": "127.0.0.1"},
        }
    )
    assert due(made) == []
    assert (made.charges_enabled, made.payouts_enabled) == (True, True)
    assert made.to_dict()["company"]["address"]["country"] == "DE"
    assert not list(openapi.problems(made.to_dict()))
    changed = await accounts.update_async(
        made.id,
        {
            "business_profile": {"name": "Nord"},
            "company": {"tax_id": "111111111"},
            "metadata": {"a": "b"},
            "settings": {"payouts": {"statement_descriptor": "GYM"}},
        },
    )
    shown = changed.to_dict()
    assert (shown["business_profile"]["name"], shown["business_profile"]["mcc"]) == ("Nord", "7997")
    assert shown["settings"]["payouts"]["statement_descriptor"] == "GYM"
    assert due(changed) == ["company.tax_id"]
    assert shown["capabilities"] == {"card_payments": "inactive", "transfers": "inactive"}
    types = [event["type"] for event in await sandbox.deliver()]
    assert types == ["account.updated", "capability.updated", "capability.updated"]


async def test_a_capability_is_asked_for_and_given_back(sandbox: Sandbox) -> None:
    capabilities = sandbox.client.v1.accounts.capabilities
    made = await sandbox.connect()
    asked = await capabilities.update_async(made.id, "card_payments", {"requested": True})
    assert (asked.status, asked.requested) == ("active", True)
    assert not list(openapi.problems(asked.to_dict()))
    listed = await capabilities.list_async(made.id)
    assert [each.id for each in listed.data] == ["card_payments", "transfers"]
    given_back = await capabilities.update_async(made.id, "card_payments", {"requested": False})
    assert given_back.status == "unrequested"
    assert not list(openapi.problems(given_back.to_dict()))
    again = await capabilities.retrieve_async(made.id, "transfers")
    assert again.status == "active"
    assert (await refusal(capabilities.retrieve_async(made.id, "flying"))).http_status == 400


async def test_a_rejected_account_can_do_nothing_any_more(sandbox: Sandbox) -> None:
    made = await sandbox.connect()
    rejected = await sandbox.client.v1.accounts.reject_async(made.id, {"reason": "fraud"})
    assert (rejected.charges_enabled, rejected.payouts_enabled) == (False, False)
    assert rejected.requirements is not None
    assert rejected.requirements.disabled_reason == "rejected.fraud"
    await sandbox.onboard(made.id)
    again = await sandbox.client.v1.accounts.retrieve_async(made.id)
    assert (again.charges_enabled, again.payouts_enabled) == (False, False)


async def test_accounts_are_listed_and_deleted(sandbox: Sandbox) -> None:
    accounts = sandbox.client.v1.accounts
    first, second = await sandbox.connect(), await sandbox.connect(onboarded=False)
    listed = await accounts.list_async()
    assert [each.id for each in listed.data] == [second.id, first.id]
    gone = await accounts.delete_async(first.id)
    assert gone.to_dict() == {"id": first.id, "object": "account", "deleted": True}
    error = await refusal(accounts.retrieve_async(first.id))
    assert isinstance(error, stripe.PermissionError)
    assert (error.http_status, error.json_body["error"]["code"]) == (403, "account_invalid")
    assert [each.id for each in (await accounts.list_async()).data] == [second.id]


async def test_the_key_and_each_account_know_themselves(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    own = await v1.accounts.retrieve_current_async()
    assert own.id == "acct_sandbox"
    assert not list(openapi.problems(own.to_dict()))
    made = await sandbox.connect()
    as_it = await v1.accounts.retrieve_current_async(options={"stripe_account": made.id})
    assert as_it.id == made.id


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"type": "express", "controller": {"fees": {"payer": "account"}}}, "type"),
        ({"country": "XX"}, "country"),
        ({"country": "de"}, "country"),
        ({"capabilities": {"flying": {"requested": True}}}, "capabilities[flying]"),
        (
            {"external_account": {**BANK, "account_number": "!"}},
            "external_account[account_number]",
        ),
        ({"external_account": {"object": "bank_account"}}, "external_account[account_number]"),
        ({"business_type": "individual"}, "business_type"),
    ],
)
async def test_a_bad_account_is_refused(
    sandbox: Sandbox, given: dict[str, Any], param: str
) -> None:
    error = await refusal(sandbox.client.v1.accounts.create_async(given))
    assert (error.http_status, error.json_body["error"]["param"]) == (400, param)
    assert not (await sandbox.client.v1.accounts.list_async()).data
