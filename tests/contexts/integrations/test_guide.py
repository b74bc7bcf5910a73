"""The guide to webhooks shows what happens: its shell blocks are run as they stand."""

import asyncio
import os
import re
from pathlib import Path

import httpx
import pytest

from gymhopper.app.demo import temporary_platform
from gymhopper.contexts.identity.administrators import create_administrator
from gymhopper.contexts.integrations.catalogue import published

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "guide" / "webhooks.md"


async def key_of_a_gym(url: str, administrator: str) -> str:
    """An API key of a new organisation."""
    headers = {"Authorization": f"Bearer {administrator}"}
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers) as client:
        gym = await client.post("/organisations", json={"name": "Corner Gym", "kind": "brand"})
        assert gym.status_code == 201, gym.text
        scopes = ["venues:read", "venues:write", "webhooks:read", "webhooks:write"]
        key = await client.post(
            "/api-keys",
            json={"name": "Guide", "scopes": scopes, "organisation_id": gym.json()["id"]},
        )
        assert key.status_code == 201, key.text
        return str(key.json()["token"])


@pytest.mark.timeout(180)
async def test_a_receiver_is_told_as_the_guide_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GYMHOPPER_INTEGRATIONS_ALLOW_PRIVATE_TARGETS", "true")
    blocks = re.findall(r"^```bash\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    async with temporary_platform() as process:
        administrator = await create_administrator(process.runtime, "guide")
        key = await key_of_a_gym(process.url, administrator)
        shell = await asyncio.create_subprocess_exec(
            "bash",
            "-euo",
            "pipefail",
            "-c",
            "\n".join(blocks),
            cwd=ROOT,
            env={**os.environ, "HOP": process.url, "KEY": key, "PORT": "0"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, errors = await asyncio.wait_for(shell.communicate(), 120)
    assert shell.returncode == 0, errors.decode()
    # The receiver and the shell print beside each other.
    assert sorted(printed.decode().splitlines()) == [
        "again venues.legal_entity.created.v1",
        "delivered",
        "delivered",
        "told ping",
        "told ping",
        "told venues.legal_entity.created.v1",
    ]


def test_the_event_types_that_the_guide_names_are_offered() -> None:
    named = set(re.findall(r"\b[a-z]+\.[a-z_]+\.[a-z_]+\.v\d+\b", GUIDE.read_text()))
    assert named
    assert named <= published().keys()
