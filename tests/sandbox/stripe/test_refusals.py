"""Bad keys, addresses and parameters are answered in Stripe's shape, never with a 500."""

import pytest
import stripe

from sandbox.stripe.harness import Sandbox, refusal

AUTHORIZED = {"Authorization": "Bearer sk_test_sandbox"}

BAD_PARAMETERS: list[tuple[str, str, str | None, str | None]] = [
    ("checkout/sessions", "mode=subscription", "success_url", "parameter_missing"),
    ("checkout/sessions", "mode=gift&success_url=http://a", "mode", None),
    ("checkout/sessions", "mode=payment&success_url=http://a", "line_items", "parameter_missing"),
    (
        "checkout/sessions",
        "mode=setup&success_url=http://a&payment_intent_data[description]=x",
        "payment_intent_data",
        None,
    ),
    ("checkout/sessions", "mode=setup&success_url=ftp://a", "success_url", None),
    ("checkout/sessions", "mode=subscription&success_url=http://a", "line_items", None),
    (
        "checkout/sessions",
        (
            "mode=subscription&success_url=http://a&line_items[0][price_data][colour]=red"
            "&line_items[0][price_data][currency]=eur"
            "&line_items[0][price_data][unit_amount]=1"
        ),
        "line_items[0][price_data][colour]",
        "parameter_unknown",
    ),
    (
        "checkout/sessions",
        "mode=subscription&success_url=http://a&line_items[0][price]=price_none",
        "line_items[0][price]",
        "resource_missing",
    ),
    (
        "checkout/sessions",
        "mode=subscription&success_url=http://a&line_items[]=x",
        "line_items[0]",
        None,
    ),
    (
        "checkout/sessions",
        "mode=subscription&success_url=http://a&line_items=x",
        "line_items",
        None,
    ),
    (
        "checkout/sessions",
        "mode=setup&success_url=http://a&customer=cus_none",
        "customer",
        "resource_missing",
    ),
    ("customers", "colour=red", "colour", "parameter_unknown"),
    ("customers", "metadata[a][b]=c", "metadata[a]", None),
    ("customers", f"metadata[{'k' * 41}]=c", None, None),
    ("customers", "email=a&email=b", "email", None),
    ("customers", "email[]=a&email=b", "email", None),
    ("customers", "name=%00", "name", None),
    ("customers", "name=%ff", None, None),
    ("customers", "na]me=x", "na]me", None),
    ("customers", "a[b][c][d][e][f][g]=x", "a[b][c][d][e][f][g]", None),
    ("customers", "&".join(f"metadata[{n}]=x" for n in range(1001)), None, None),
    ("customers", f"name={'x' * 5001}", "name", None),
    ("customers", "expand[]=colour", "expand", None),
    ("customers", "payment_method=pm_none", "payment_method", "resource_missing"),
    ("products", "", "name", "parameter_missing"),
    ("products", "name=x&active=perhaps", "active", None),
    ("prices", "currency=eur&unit_amount=1", "product", "parameter_missing"),
    ("prices", "currency=euros&unit_amount=1&product=p", "currency", None),
    (
        "prices",
        "currency=eur&unit_amount=1.5&product=p",
        "unit_amount",
        "parameter_invalid_integer",
    ),
    ("prices", "currency=eur&unit_amount=-1&product=p", "unit_amount", None),
    ("prices", "currency=eur&unit_amount=100000000&product=p", "unit_amount", None),
    ("prices", f"currency=eur&unit_amount={'9' * 5000}&product=p", "unit_amount", None),
    ("prices", "currency=eur&unit_amount=1&product=p", "product", "resource_missing"),
    (
        "prices",
        (
            "currency=eur&unit_amount=1&product=p&recurring[interval]=month"
            "&recurring[interval_count]=37"
        ),
        "recurring",
        None,
    ),
    ("refunds", "", None, "parameter_missing"),
    ("refunds", "charge=ch_none", "charge", "resource_missing"),
    ("refunds", "payment_intent=pi_none", "payment_intent", "resource_missing"),
    ("refunds", "charge=ch_none&amount=0", "amount", None),
    ("payment_methods/pm_card_visa/attach", "", "customer", "parameter_missing"),
    ("payment_methods/pm_card_visa/attach", "customer=x", "customer", "resource_missing"),
]


@pytest.mark.parametrize("key", ["sk_test_other", "sk_test_sandbox2", "sk_test_s\u00e4ndbox"])
async def test_a_wrong_key_is_refused(sandbox: Sandbox, key: str) -> None:
    answer = await sandbox.browser.get(
        f"{sandbox.base}/v1/customers", headers={"Authorization": f"Bearer {key}".encode()}
    )
    assert answer.status_code == 401
    assert "Invalid API Key" in answer.json()["error"]["message"]
    assert key not in answer.text


async def test_no_key_is_refused(sandbox: Sandbox) -> None:
    answer = await sandbox.browser.get(f"{sandbox.base}/v1/customers")
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_the_key_is_also_taken_as_a_user_name(sandbox: Sandbox) -> None:
    url = f"{sandbox.base}/v1/customers"
    answer = await sandbox.browser.get(url, auth=("sk_test_sandbox", ""))
    assert answer.status_code == 200
    bad = await sandbox.browser.get(url, headers={"Authorization": "Basic ?"})
    assert bad.status_code == 401


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [("Stripe-Version", "2020-08-27", 400), ("Stripe-Account", "acct_other", 403)],
)
async def test_what_is_not_played_is_refused(
    sandbox: Sandbox, header: str, value: str, status: int
) -> None:
    answer = await sandbox.browser.get(
        f"{sandbox.base}/v1/customers", headers={**AUTHORIZED, header: value}
    )
    assert answer.status_code == status


async def test_an_unknown_id_is_missing(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    for call in (
        v1.customers.retrieve_async("cus_none"),
        v1.customers.update_async("cus_none", {"name": "x"}),
        v1.subscriptions.retrieve_async("sub_none"),
        v1.subscriptions.update_async("sub_none", {"cancel_at_period_end": True}),
        v1.subscriptions.cancel_async("sub_none"),
        v1.invoices.retrieve_async("in_none"),
        v1.invoices.pay_async("in_none"),
        v1.payment_methods.retrieve_async("pm_none"),
        v1.payment_intents.retrieve_async("pi_none"),
        v1.charges.retrieve_async("ch_none"),
        v1.refunds.retrieve_async("re_none"),
        v1.events.retrieve_async("evt_none"),
        v1.setup_intents.retrieve_async("seti_none"),
        v1.products.retrieve_async("prod_none"),
        v1.prices.retrieve_async("price_none"),
        v1.checkout.sessions.retrieve_async("cs_test_none"),
        v1.checkout.sessions.expire_async("cs_test_none"),
    ):
        error = await refusal(call)
        assert isinstance(error, stripe.InvalidRequestError)
        assert (error.http_status, error.code) == (404, "resource_missing")


async def test_an_unknown_address_is_said_to_be_one(sandbox: Sandbox) -> None:
    for method, path in (
        ("GET", "/v1/unicorns"),
        ("PUT", "/v1/customers"),
        ("DELETE", "/v1/customers/cus_1"),
        ("GET", "/"),
    ):
        answer = await sandbox.browser.request(method, sandbox.base + path, headers=AUTHORIZED)
        assert answer.status_code == 404
        assert "Unrecognized request URL" in answer.json()["error"]["message"]
        assert answer.headers["request-id"].startswith("req_")


async def test_bad_parameters_are_named(sandbox: Sandbox) -> None:
    for path, body, param, code in BAD_PARAMETERS:
        answer = await sandbox.browser.post(
            f"{sandbox.base}/v1/{path}",
            content=body.encode(),
            headers={**AUTHORIZED, "Content-Type": "application/x-www-form-urlencoded"},
        )
        found = (path, body[:200], answer.text)
        assert answer.status_code in {400, 404}, found
        error = answer.json()["error"]
        assert error["type"] == "invalid_request_error", found
        assert error["message"], found
        assert param is None or error["param"] == param, found
        assert code is None or error["code"] == code, found
    for events in (sandbox.client.v1.events, sandbox.client.v1.customers):
        assert not (await events.list_async()).data  # nothing is half-done


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "starting_after=cus_none", "created[gte]=soon", "x=1"],
)
async def test_bad_lists_are_refused(sandbox: Sandbox, query: str) -> None:
    answer = await sandbox.browser.get(f"{sandbox.base}/v1/customers?{query}", headers=AUTHORIZED)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == query.partition("=")[0]


async def test_an_id_that_cannot_be_one_is_missing(sandbox: Sandbox) -> None:
    for key in ("%00", "%F0%9F%92%A5", "x" * 3000):
        answer = await sandbox.browser.get(f"{sandbox.base}/v1/customers/{key}", headers=AUTHORIZED)
        assert answer.status_code == 404
