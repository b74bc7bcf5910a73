"""Passkeys in a real browser, with the authenticator that it simulates for tests."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, async_playwright

from contexts.identity.conftest import Platform
from contexts.identity.people import EMAIL, PASSWORD, new_account
from gymhopper.chassis.http.app import create_app
from gymhopper.chassis.server import HttpServer

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="passkeys need a browser; not found: chromium"
)

SEND = """async ([method, path, body]) => {
    const answer = await fetch('/api/v1' + path, {
        method,
        headers: {'Content-Type': 'application/json'},
        body: body === null ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return {status: answer.status, body: text ? JSON.parse(text) : null};
}"""

REGISTER = """async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return (await navigator.credentials.create({publicKey})).toJSON();
}"""

SIGN = """async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    return (await navigator.credentials.get({publicKey})).toJSON();
}"""

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Visitor:
    """Somebody at a page of ours, with a device that holds keys."""

    page: Page
    devtools: CDPSession
    device: str
    port: int

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """What the page's own script would send."""
        return await self.page.evaluate(SEND, [method, path, body])

    async def register(self) -> Any:
        asked = await self.send("POST", "/me/passkeys/options")
        assert asked["status"] == 201, asked
        made = await self.page.evaluate(REGISTER, asked["body"]["options"])
        return await self.send("POST", "/me/passkeys", {"credential": made})

    async def sign_in(self) -> Any:
        asked = await self.send("POST", "/sessions/passkey/options")
        signed = await self.page.evaluate(SIGN, asked["body"]["options"])
        return await self.send("POST", "/sessions/passkey", {"credential": signed})

    async def tell_device(self, what: str, **parameters: Any) -> Any:
        return await self.devtools.send(
            f"WebAuthn.{what}", {"authenticatorId": self.device, **parameters}
        )


@pytest.fixture
async def visitor(platform: Platform) -> AsyncIterator[Visitor]:
    await new_account(platform.runtime)
    server = HttpServer(create_app(platform.runtime, dict), host="127.0.0.1", port=0)
    platform.runtime.url = server.bind()
    await server.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"]
            )
            # Our answers forbid scripts; the page that ours stands in for would allow its own.
            context = await browser.new_context(bypass_csp=True)
            page = await context.new_page()
            await page.goto(f"http://localhost:{server.port}/healthz")
            devtools = await context.new_cdp_session(page)
            await devtools.send("WebAuthn.enable")
            made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
            found = Visitor(page, devtools, made["authenticatorId"], server.port)
            signed_in = await found.send(
                "POST", "/sessions", {"email": EMAIL, "password": PASSWORD}
            )
            assert signed_in["status"] == 201, signed_in
            yield found
            await browser.close()
    finally:
        await server.stop()


async def test_a_browser_registers_a_key_and_signs_in_with_it(visitor: Visitor) -> None:
    made = await visitor.register()
    assert made["status"] == 201, made
    assert made["body"]["name"].startswith("Chrome on")
    assert (await visitor.send("DELETE", "/sessions/current"))["status"] == 204
    assert (await visitor.send("GET", "/me"))["status"] == 401

    for _ in range(2):
        signed = await visitor.sign_in()
        assert signed["status"] == 201, signed
    me = await visitor.send("GET", "/me")
    assert me["body"]["account"]["email"] == EMAIL


async def test_a_browser_does_not_make_a_second_key_on_the_same_device(visitor: Visitor) -> None:
    await visitor.register()
    asked = await visitor.send("POST", "/me/passkeys/options")
    told = await visitor.page.evaluate(
        f"options => ({REGISTER})(options).then(() => 'made', error => error.name)",
        asked["body"]["options"],
    )
    assert told == "InvalidStateError"


async def test_a_device_that_does_not_verify_its_user_signs_nobody_in(visitor: Visitor) -> None:
    await visitor.register()
    await visitor.tell_device("setUserVerified", isUserVerified=False)
    asked = await visitor.send("POST", "/sessions/passkey/options")
    told = await visitor.page.evaluate(
        f"options => ({SIGN})(options).then(() => 'signed', error => error.name)",
        asked["body"]["options"],
    )
    assert told == "NotAllowedError"


async def test_a_browser_gives_no_key_to_a_page_of_another_site(visitor: Visitor) -> None:
    await visitor.register()
    asked = await visitor.send("POST", "/sessions/passkey/options")
    await visitor.page.goto(f"http://127.0.0.1:{visitor.port}/healthz")
    told = await visitor.page.evaluate(
        f"options => ({SIGN})(options).then(() => 'signed', error => error.name)",
        asked["body"]["options"],
    )
    assert told == "SecurityError"


async def test_a_copied_key_is_noticed_and_opens_nothing_more(visitor: Visitor) -> None:
    await visitor.register()
    copied = (await visitor.tell_device("getCredentials"))["credentials"][0]
    for _ in range(3):
        assert (await visitor.sign_in())["status"] == 201

    await visitor.tell_device("removeCredential", credentialId=copied["credentialId"])
    await visitor.tell_device("addCredential", credential=copied)
    for _ in range(2):
        refused = await visitor.sign_in()
        assert (refused["status"], refused["body"]["code"]) == (401, "suspect_passkey")
    listed = (await visitor.send("GET", "/me/passkeys"))["body"]["items"]
    assert listed[0]["suspect_since"] is not None
