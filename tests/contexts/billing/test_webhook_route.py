"""What the webhook route lets in, and what it keeps."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from contexts.billing.till import Till
from gymhopper.contexts.billing.gateways.providers import ProviderConnection
from gymhopper.contexts.billing.gateways.signature import sign
from gymhopper.kernel.ids import new_id
from gymhopper.sandbox.stripe.account import webhook_secret

OLD, NEW, CONNECT = "whsec_old", "whsec_new", "whsec_connect"

Signed = Callable[[Till, bytes], str]


def event(**changes: object) -> bytes:
    """A signed body's worth of an event that nobody follows."""
    about = {"id": "prod_1", "object": "product"}
    whole = {"id": f"evt_{new_id().hex}", "type": "product.created", "data": {"object": about}}
    return json.dumps({**whole, **changes}, indent=1).encode()


def header(body: bytes, secret: str, timestamp: int) -> str:
    return f"t={timestamp},v1={sign(body, secret, timestamp).decode()}"


def signed(till: Till, body: bytes) -> str:
    """As the sandbox signs, now."""
    secret = webhook_secret(till.runtime.secrets)
    return header(body, secret, int(till.clock.now().timestamp()))


async def send(till: Till, body: bytes, signature: str | None) -> httpx.Response:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return await till.client.post("/api/v1/payments/webhook", content=body, headers=headers)


async def stored(till: Till) -> int:
    return len(await till.rows("SELECT 1 FROM billing.webhook_event"))


def _aged(seconds: int) -> Signed:
    def make(till: Till, body: bytes) -> str:
        then = till.clock.now() - timedelta(seconds=seconds)
        return header(body, webhook_secret(till.runtime.secrets), int(then.timestamp()))

    return make


REFUSED: dict[str, Callable[[Till, bytes], str | None]] = {
    "none at all": lambda _, __: None,
    "empty": lambda _, __: "",
    "not a signature": lambda _, __: "v1",
    "no time": lambda till, body: signed(till, body).partition(",")[2],
    "a time that is no number": lambda _, __: "t=now,v1=00",
    "two times": lambda till, body: f"t=1,{signed(till, body)}",
    "an endless time": lambda _, __: f"t={'9' * 400},v1=00",
    "another secret": lambda till, body: header(body, "whsec_x", int(till.clock.now().timestamp())),
    "an empty secret": lambda till, body: header(body, "", int(till.clock.now().timestamp())),
    "another body": lambda till, _: signed(till, b"{}"),
    "another scheme": lambda till, body: signed(till, body).replace("v1=", "v0="),
    "letters beyond ASCII": lambda _, __: "t=1,v1=\xe9",
    "too old": _aged(301),
}


async def test_a_bad_signature_is_refused_and_nothing_is_stored(till: Till) -> None:
    for kind, make in REFUSED.items():
        body = event()
        made = make(till, body)
        headers = [] if made is None else [("Stripe-Signature", made.encode("latin-1"))]
        answer = await till.client.post("/api/v1/payments/webhook", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature"), kind
        assert answer.headers["content-type"] == "application/problem+json"
    assert await stored(till) == 0


async def test_a_good_signature_is_good_for_five_minutes(till: Till) -> None:
    body = event()
    assert (await send(till, body, _aged(300)(till, body))).status_code == 202


async def test_a_provider_may_send_as_much_as_it_has(till: Till) -> None:
    body = event()
    answer = await send(till, body, signed(till, body))
    assert "ratelimit" not in answer.headers
    other = await till.client.post("/api/v1/payments/checkouts", json={})
    assert "ratelimit" in other.headers


async def test_the_very_bytes_are_kept_and_a_double_changes_nothing(till: Till) -> None:
    body = event(type="customer.subscription.updated", api_version="2020-08-27")
    answers = [await send(till, body, signed(till, body)) for _ in range(3)]
    assert [each.status_code for each in answers] == [202, 202, 202]
    assert [each.json()["status"] for each in answers] == ["accepted", "known", "known"]
    (row,) = await till.rows("SELECT * FROM billing.webhook_event")
    assert bytes(row["body"]) == body
    assert (row["source"], row["type"], row["api_version"], row["state"]) == (
        "stripe",
        "customer.subscription.updated",
        "2020-08-27",
        "received",
    )
    jobs = await till.rows("SELECT task_name FROM jobs.procrastinate_jobs")
    assert [job["task_name"] for job in jobs] == ["billing.apply_webhook"]


NO_EVENTS = [
    b"",
    b"not json",
    b"[]",
    b"{}",
    b'"text"',
    b'{"id": 1, "type": "x", "data": {"object": {}}}',
    b'{"id": "", "type": "x", "data": {"object": {}}}',
    b'{"id": "evt_1", "data": {"object": {}}}',
    b'{"id": "evt_1", "type": "x", "data": {"object": []}}',
    b'\xff{"id": "evt_1"}',
    b"[" * 5000,
]


async def test_a_signed_body_that_is_no_event_is_refused(till: Till) -> None:
    for body in NO_EVENTS:
        answer = await send(till, body, signed(till, body))
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_event"), body
    assert await stored(till) == 0


async def test_a_body_beyond_the_limit_is_refused(till: Till) -> None:
    body = event(padding="x" * 1_100_000)
    answer = await send(till, body, signed(till, body))
    assert answer.status_code == 413
    assert await stored(till) == 0


@pytest.fixture
async def live(till: Till, monkeypatch: pytest.MonkeyPatch) -> Till:
    """A till whose secrets come from the settings, as for the real Stripe."""
    monkeypatch.setenv("GYMHOPPER_BILLING_STRIPE_WEBHOOK_SECRETS", json.dumps([OLD, NEW, ""]))
    monkeypatch.setenv("GYMHOPPER_BILLING_STRIPE_CONNECT_WEBHOOK_SECRETS", json.dumps([CONNECT]))
    return till


@pytest.mark.parametrize(
    ("secret", "source"), [(OLD, "stripe"), (NEW, "stripe"), (CONNECT, "stripe_connect")]
)
async def test_every_live_secret_is_good_and_connect_is_kept_apart(
    live: Till, secret: str, source: str
) -> None:
    body = event(type="invoice.paid", data={"object": {"id": "in_1", "object": "invoice"}})
    now = int(live.clock.now().timestamp())
    assert (await send(live, body, header(body, secret, now))).status_code == 202
    (row,) = await live.rows("SELECT source FROM billing.webhook_event")
    assert row["source"] == source
    await live.work()
    (row,) = await live.rows("SELECT state, note FROM billing.webhook_event")
    assert row["state"] == "ignored"


@pytest.mark.parametrize("secret", ["", "the sandbox's own"])
async def test_live_secrets_shut_out_the_sandbox_and_an_empty_one_opens_nothing(
    live: Till, secret: str
) -> None:
    body = event()
    now = int(live.clock.now().timestamp())
    own = webhook_secret(live.runtime.secrets)
    answer = await send(live, body, header(body, secret and own, now))
    assert (answer.status_code, await stored(live)) == (400, 0)


async def test_a_live_key_without_secrets_refuses_every_webhook(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GYMHOPPER_BILLING_STRIPE_API_KEY", "sk_live_x")
    body = event()
    assert (await send(till, body, signed(till, body))).status_code == 400
    await ProviderConnection(till.runtime).stop()


def samples() -> dict[str, bytes]:
    """Recorded events by their names. They share one zeroed id, so each gets its own."""
    data = os.environ.get("GYMHOPPER_TEST_DATA")
    if data is None:
        pytest.skip("GYMHOPPER_TEST_DATA does not name the folder of public test data")
    return {
        file.stem: file.read_bytes().replace(b'"evt_00000000', f'"evt_{file.stem}_'.encode(), 1)
        for file in sorted(Path(data, "stripe-events").glob("*.json"))
    }


async def test_every_public_sample_ends_handled_or_ignored(till: Till) -> None:
    bodies = samples()
    assert len(bodies) == 88
    for name, body in bodies.items():
        answer = await send(till, body, signed(till, body))
        assert (answer.status_code, answer.json()) == (202, {"status": "accepted"}), name
    await till.settle()
    rows = await till.rows("SELECT type, state, attempts, note FROM billing.webhook_event")
    assert len(rows) == 88
    assert {row["state"] for row in rows} <= {"handled", "ignored"}, rows
    assert all(row["note"] for row in rows if row["state"] == "ignored")
    assert await till.events() == []
