"""Sign-ins and failed ones are told of, without the address that was tried."""

import json

import pytest
from pyotp import TOTP

from contexts.identity.mailbox import last_mail, link_in
from contexts.identity.people import EMAIL, browser, new_account, sign_in
from contexts.identity.soft_key import SoftKey
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.audit.entry import canonical
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.audit.queries import entries as queries
from gymhopper.contexts.identity.administrators import create_administrator
from gymhopper.contexts.identity.context import context as identity


@pytest.fixture
async def runtime(new_runtime: NewRuntime) -> Runtime:
    return await new_runtime([identity])


async def told(runtime: Runtime, action: str) -> list[queries.Entry]:
    async with runtime.read(SERVICE) as connection:
        return await queries.entries(connection, queries.Filter(action=action), limit=10)


async def test_a_sign_in_tells_the_account_the_methods_and_from_where(runtime: Runtime) -> None:
    account = await new_account(runtime)
    async with browser(runtime) as client:
        answer = await sign_in(client)
    assert answer.is_success, answer.text
    (entry,) = await told(runtime, "signed_in")
    assert entry.actor == f"member:{account}"
    assert entry.detail == {"methods": ["password"]}
    assert (entry.address, entry.method) == ("127.0.0.1", "POST")
    assert {each.kind for each in entry.changes} == {"identity.account", "identity.session"}


@pytest.mark.parametrize(("email", "known"), [(EMAIL, True), ("nobody@example.com", False)])
async def test_a_failed_one_tells_the_account_where_there_is_one(
    runtime: Runtime, email: str, *, known: bool
) -> None:
    account = await new_account(runtime)
    async with browser(runtime) as client:
        answer = await sign_in(client, email, "not the password at all")
    assert answer.status_code == 401
    (entry,) = await told(runtime, "sign_in_failed")
    assert entry.actor == "anonymous"
    assert [each.id for each in entry.changes] == ([account] if known else [])
    assert entry.detail == {"method": "password", "reason": "wrong_credentials"}
    assert email.encode() not in canonical(entry)


async def with_app(runtime: Runtime) -> object:
    """An account that is asked for a code after its password."""
    account = await new_account(runtime)
    async with browser(runtime) as client:
        await sign_in(client)
        setup = (await client.post("/api/v1/me/totp")).json()
        code = TOTP(setup["secret"]).at(runtime.clock.now())
        confirmed = await client.post("/api/v1/me/totp/confirm", json={"code": code})
        assert confirmed.status_code == 200, confirmed.text
    return account


@pytest.mark.parametrize("code", ["000000", "aaaaa-aaaaa", "something else"])
@pytest.mark.parametrize("on_page", [False, True])
async def test_a_wrong_code_tells_the_account(
    runtime: Runtime, code: str, *, on_page: bool
) -> None:
    account = await with_app(runtime)
    async with browser(runtime) as client:
        pending = (await sign_in(client)).json()["second_factor"]["pending"]
        given = {"pending": pending, "code": code}
        if on_page:
            answer = await client.post("/sign-in/second-factor", data=given)
        else:
            answer = await client.post("/api/v1/sessions/second-factor", json=given)
    assert answer.status_code == 401
    (entry,) = await told(runtime, "sign_in_failed")
    assert (entry.actor, entry.organisation_id) == ("anonymous", None)
    assert [each.id for each in entry.changes] == [account]
    assert entry.detail == {"method": "second_factor", "reason": "wrong_code"}
    assert code.encode() not in canonical(entry)


TOKEN = "0" * 32 + "_" + "0" * 64
FAILURES = [
    ("sessions/second-factor", {"pending": "ghp_" + TOKEN, "code": "000000"}, "second_factor"),
    ("sessions/links/use", {"token": "ghl_" + TOKEN}, "email_link"),
    (
        "accounts/confirm",
        {"token": "ghl_" + TOKEN, "password": "a mill that weaves"},
        "email_link",
    ),
    ("accounts/email/confirm", {"token": "ghl_" + TOKEN}, "email_link"),
    (
        "accounts/password-resets/complete",
        {"token": "ghl_" + TOKEN, "password": "a mill that weaves"},
        "email_link",
    ),
    ("invitations/accept", {"token": "ghi_" + TOKEN}, "invitation"),
]
REASONS = {
    "second_factor": "sign_in_expired",
    "email_link": "link_invalid",
    "invitation": "invitation_invalid",
}


@pytest.mark.parametrize(("path", "body", "method"), FAILURES)
async def test_what_opens_nothing_is_told_with_how_and_why(
    runtime: Runtime, path: str, body: dict[str, str], method: str
) -> None:
    async with browser(runtime) as client:
        answer = await client.post(f"/api/v1/{path}", json=body)
    assert answer.json()["code"] == REASONS[method], answer.text
    (entry,) = await told(runtime, "sign_in_failed")
    assert entry.detail == {"method": method, "reason": REASONS[method]}
    assert (entry.actor, entry.changes, entry.address) == ("anonymous", (), "127.0.0.1")
    assert TOKEN.encode() not in canonical(entry)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("link", "email_link"),
        ("confirm", "email_link"),
        ("email", "email_link"),
        ("password", "email_link"),
        ("invitation", "invitation"),
        ("second-factor", "second_factor"),
    ],
)
async def test_pages_tell_the_same(runtime: Runtime, path: str, method: str) -> None:
    form = {"token": "x", "pending": "x", "code": "000000", "password": "a mill that weaves"}
    async with browser(runtime) as client:
        answer = await client.post(f"/sign-in/{path}", data=form)
    assert answer.status_code in {401, 404}
    (entry,) = await told(runtime, "sign_in_failed")
    assert entry.detail == {"method": method, "reason": REASONS[method]}


async def test_a_used_link_is_told_of_and_a_good_one_is_not(runtime: Runtime) -> None:
    await new_account(runtime)
    async with browser(runtime) as client:
        await client.post("/api/v1/sessions/links", json={"email": EMAIL})
        token = link_in(await last_mail(runtime)).partition("token=")[2]
        for status in (201, 401):
            used = await client.post("/api/v1/sessions/links/use", json={"token": token})
            assert used.status_code == status
    (entry,) = await told(runtime, "sign_in_failed")
    assert entry.detail == {"method": "email_link", "reason": "link_invalid"}


async def test_a_passkey_that_is_refused_tells_why_and_whose(runtime: Runtime) -> None:
    account = await new_account(runtime)
    key = SoftKey(count=7)
    async with browser(runtime) as client:
        await sign_in(client)
        options = (await client.post("/api/v1/me/passkeys/options")).json()["options"]
        body = {"credential": key.register(options), "name": "My phone"}
        assert (await client.post("/api/v1/me/passkeys", json=body)).status_code == 201
        forged = SoftKey(id=key.id, handle=key.handle, count=1000)
        for tried in (SoftKey(), forged, key):
            options = (await client.post("/api/v1/sessions/passkey/options")).json()["options"]
            body = {"credential": tried.sign(options)}
            answer = await client.post("/api/v1/sessions/passkey", json=body)
            assert answer.status_code == 401, answer.text
    entries = reversed(await told(runtime, "sign_in_failed"))
    found = [(each.detail["reason"], [one.id for one in each.changes]) for each in entries]
    assert found == [
        ("unknown_key", []),
        ("unverified", [account]),
        ("suspect_passkey", [account]),
    ]


async def test_a_provider_that_proves_nothing_is_told_of(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = {"name": "acme", "label": "Acme", "issuer": "https://acme.example.com/"}
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", json.dumps([acme | {"client_id": "x"}]))
    async with browser(runtime) as client:
        path = "/api/v1/sign-in/oidc/acme/callback"
        answer = await client.get(path, params={"state": "a-state", "code": "a-code"})
    assert answer.status_code == 401
    (entry,) = await told(runtime, "sign_in_failed")
    assert entry.detail == {"method": "oidc", "reason": "sign_in_refused"}
    assert b"a-code" not in canonical(entry)


@pytest.mark.parametrize(("provider", "status"), [("acme", 401), ("nobody", 404)])
async def test_a_browser_that_comes_back_in_vain_is_shown_a_page(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, provider: str, status: int
) -> None:
    acme = {"name": "acme", "label": "Acme", "issuer": "https://acme.example.com/"}
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", json.dumps([acme | {"client_id": "x"}]))
    path = f"/api/v1/sign-in/oidc/{provider}/callback"
    query = {"state": "<b>a-state", "code": "a-code", "error": "<b>access_denied"}
    async with browser(runtime) as client:
        plain = await client.get(path, params=query)
        shown = await client.get(path, params=query, headers={"Accept": "text/html,*/*;q=0.8"})
    assert (plain.status_code, shown.status_code) == (status, status)
    assert plain.headers["content-type"] == "application/problem+json"
    assert shown.headers["content-type"].startswith("text/html")
    assert shown.headers["cache-control"] == "no-store"
    assert plain.json()["detail"] in shown.text
    assert "a-state" not in shown.text
    assert "set-cookie" not in shown.headers


async def test_a_wrong_proof_is_told_of_as_the_holders(runtime: Runtime) -> None:
    account = await new_account(runtime)
    async with browser(runtime) as client:
        await sign_in(client)
        body = {"password": "not the password at all"}
        answer = await client.request("DELETE", "/api/v1/me/totp", json=body)
    assert answer.json()["code"] == "wrong_proof"
    (entry,) = await told(runtime, "proof_failed")
    assert (entry.actor, entry.organisation_id) == (f"member:{account}", None)
    assert entry.detail == {"method": "password"}


async def test_an_administrators_key_that_is_made_on_the_machine_is_told_of(
    runtime: Runtime,
) -> None:
    await create_administrator(runtime, "operator")
    (entry,) = await told(runtime, "made_administrator")
    assert (entry.actor, entry.operation) == ("console", "admin create")
