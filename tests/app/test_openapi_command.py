"""`gymhopper openapi` needs nothing that runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import gymhopper


def test_it_prints_the_document_without_engines_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = str(Path(gymhopper.__file__).parents[1])
    program = "import sys; from gymhopper.app.cli import main; main()"
    command = [sys.executable, "-c", program, "openapi"]
    ran = [
        subprocess.run(
            [*command, *options],
            cwd=tmp_path,
            env={"PATH": os.defpath, "PYTHONPATH": source},
            capture_output=True,
            text=True,
            check=True,
        )
        for options in ([], ["--output", "api.json"])
    ]
    printed = json.loads(ran[0].stdout)
    assert printed == json.loads((tmp_path / "api.json").read_text())
    assert ran[1].stdout == ""
    assert printed["openapi"].startswith("3.1.")
    assert "/api/v1/members/register" in printed["paths"]
    assert [each.name for each in tmp_path.iterdir()] == ["api.json"]
