"""The reference says what there is."""

import re
from pathlib import Path

from gymhopper.chassis.settings import Settings

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def test_every_setting_is_documented_and_no_other() -> None:
    table = (DOCS / "running.md").read_text().split("## Settings")[1].split("## Connections")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = {name.lower() for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert documented == set(Settings.model_fields)


def test_every_test_that_the_security_reference_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)`", (DOCS / "security.md").read_text())
    assert [each for each in named if not (DOCS.parents[1] / "tests" / each).is_file()] == []
    assert len(set(named)) > 10
