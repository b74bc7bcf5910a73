"""What the guides show is what happens: their shell blocks are run as they stand."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from gymhopper.app.demo import temporary_platform
from gymhopper.app.process import Process
from gymhopper.contexts.identity.oidc_settings import OidcSettings

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guide"
FIRST_DOOR = GUIDES / "the-first-door.md"
PEOPLE = GUIDES / "people-and-roles.md"
MONEY = GUIDES / "money.md"
TIMETABLE = GUIDES / "timetable.md"

BLOCK = re.compile(r"^```bash\n(.*?)^```$(?:\n^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
"""Commands, and perhaps what they print."""

BETWEEN = "\x1e"
"""Printed behind each block; no guide prints it."""


async def run(blocks: list[str], process: Process) -> list[str]:
    """What each block prints when one shell runs them all against the platform."""
    shell = await asyncio.create_subprocess_exec(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        "\n".join(f"{each}\nprintf '{BETWEEN}'" for each in blocks),
        cwd=ROOT,
        env={
            **os.environ,
            "HOP": process.url,
            "GYMHOPPER_DATA_FOLDER": str(process.runtime.settings.data_folder),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, errors = await shell.communicate()
    assert shell.returncode == 0, printed.decode() + errors.decode()
    return printed.decode().split(BETWEEN)[:-1]


async def test_the_first_door_opens_as_the_guide_shows() -> None:
    blocks = [each for each, _ in BLOCK.findall(FIRST_DOOR.read_text())]
    promised = re.findall(r"^await ([A-Z_]+) ", "".join(blocks), re.MULTILINE)
    assert promised == ["NO_ENTITLEMENT", "ALLOWED", "NO_ENTITLEMENT"]
    async with temporary_platform() as process:
        answers = "".join(await run(blocks, process)).split()
    assert [each for each in answers if each.isupper() and not each.isdigit()] == promised


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "guide",
    [each.read_text() for each in (PEOPLE, MONEY, TIMETABLE)],
    ids=[PEOPLE.stem, MONEY.stem, TIMETABLE.stem],
)
async def test_everything_happens_as_the_guide_shows(guide: str) -> None:
    found = BLOCK.findall(guide)
    async with temporary_platform() as process:
        printed = await run([commands for commands, _ in found], process)
    for (commands, promised), answer in zip(found, printed, strict=True):
        assert answer == promised, commands


def test_the_providers_that_the_guide_sets_can_be_set() -> None:
    [shown] = re.findall(r"^```json\n(.*?)^```$", PEOPLE.read_text(), re.MULTILINE | re.DOTALL)
    providers = OidcSettings(oidc=json.loads(shown)).oidc
    assert [each.name for each in providers] == ["acme", "pool"]
