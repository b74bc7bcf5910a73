"""The main job, told to the whole platform in one process, and by the command that shows it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from e2e.soundness import assert_sound
from gymhopper.app.demo import tell_story, temporary_platform

pytestmark = pytest.mark.timeout(200)

GYMHOPPER = Path(sys.executable).with_name("gymhopper")

# The door of the higher tier opens to everybody; nothing else is different.
PLANTED = """
import sys
from gymhopper.app.cli import main
from gymhopper.sandbox.demo.client import Reader

scan = Reader.scan

async def let_in(reader, *what, **how):
    answer = await scan(reader, *what, **how)
    return {**answer, "decision": "allow"} if answer["code"] == "TIER_TOO_LOW" else answer

Reader.scan = let_in
sys.argv = ["gymhopper", "demo", "--check"]
main()
"""


async def test_every_answer_of_the_story_is_right_and_its_data_are_sound() -> None:
    async with temporary_platform() as process:
        told = [step.name async for step in tell_story(process.runtime)]
        await assert_sound(process.runtime)

    assert len(told) == len(set(told)) == 20


def test_the_check_succeeds_within_a_minute() -> None:
    began = time.monotonic()
    checked = subprocess.run(
        [GYMHOPPER, "demo", "--check"], capture_output=True, text=True, timeout=100, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert time.monotonic() - began < 60
    assert checked.stdout.count("✓") == 20
    assert "All answers were right" in checked.stdout


def test_one_wrong_answer_fails_the_check() -> None:
    checked = subprocess.run(
        [sys.executable, "-c", PLANTED], capture_output=True, text=True, timeout=100, check=False
    )

    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert "✗ the answer: ('allow', 'TIER_TOO_LOW')" in checked.stdout
    assert "All answers were right" not in checked.stdout
