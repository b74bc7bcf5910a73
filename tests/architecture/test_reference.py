"""The reference says what there is."""

import re
from pathlib import Path

from gymhopper.chassis.settings import Settings

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "running.md"


def test_every_setting_is_documented_and_no_other() -> None:
    table = REFERENCE.read_text().split("## Settings")[1].split("## Connections")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = {name.lower() for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert documented == set(Settings.model_fields)
