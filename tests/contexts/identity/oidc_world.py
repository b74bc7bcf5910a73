"""A platform that trusts one provider, and people who sign in there."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from contexts.identity.people import browser
from gymhopper.chassis.runtime import Runtime

START = "/api/v1/sign-in/oidc/test"
BACK = f"http://127.0.0.1:8700{START}/callback"
"""Where the provider sends browsers: the public address of a runtime of a test."""

ORGANISATION = "https://gym.test/organisation"

NewWorld = Callable[..., Awaitable["World"]]


def settings(issuer: str, **changed: object) -> str:
    """What is set of the provider, as the environment has it."""
    provider = {
        "name": "test",
        "label": "Test",
        "issuer": issuer,
        "client_id": "gymhopper",
        "client_secret": "gymhopper-secret",
        "audience": "urn:gymhopper:api",
        "trust_email": True,
        "claims": {"organisation": ORGANISATION},
        "allowed_scopes": ["identity:read"],
    }
    return json.dumps([provider | changed])


@dataclass
class World:
    """The platform as browsers see it."""

    runtime: Runtime

    def browser(self) -> httpx.AsyncClient:
        """A browser that nobody has signed in with."""
        return browser(self.runtime)

    async def sign_in(
        self, client: httpx.AsyncClient, name: str, start: str = START
    ) -> httpx.Response:
        """All of it, up to the platform's answer."""
        begun = await client.get(start)
        assert begun.status_code == 303, begun.text
        return await self.come_back(client, await at_provider(begun.headers["location"], name))

    async def come_back(
        self, client: httpx.AsyncClient, url: str, **changed: str | None
    ) -> httpx.Response:
        """What the browser sends when the provider has sent it back; parts can be changed."""
        query = dict(parse_qsl(urlsplit(url).query)) | changed
        given = {name: value for name, value in query.items() if value is not None}
        return await client.get(urlsplit(url).path, params=given)


async def at_provider(location: str, name: str) -> str:
    """Sign in there and agree, as a person would; returns where it sends the browser then."""
    async with httpx.AsyncClient(trust_env=False) as person:
        answer = await person.get(location)
        for _ in range(10):
            if answer.is_redirect:
                target = answer.url.join(answer.headers["location"])
                if str(target).startswith(BACK):
                    return str(target)
                answer = await person.get(target)
                continue
            answer = await person.post(_form(answer, "action"), data=_filled(answer, name))
    raise AssertionError(f"the provider does not send us back: {answer.text}")


def _form(page: httpx.Response, field: str) -> httpx.URL:
    found = re.search(rf'{field}="([^"]+)"', page.text)
    assert found, page.text
    return page.url.join(found[1])


def _filled(page: httpx.Response, name: str) -> dict[str, Any]:
    prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
    assert prompt, page.text
    return {"prompt": prompt[1], "login": name, "password": "any"}
