"""The wheel is all that an operator needs: it runs in an empty environment, without its source."""

import subprocess
import sys
from pathlib import Path

import pytest

from e2e.installation import Installation, end

PROJECT = Path(__file__).parents[2]


@pytest.mark.prove
def test_the_wheel_runs_everything_from_an_empty_environment(tmp_path: Path) -> None:
    subprocess.run(["make", ".uv/installed"], cwd=PROJECT, check=True, capture_output=True)
    uv, environment = PROJECT / ".uv" / "bin" / "uv", tmp_path / "environment"

    def run(*command: str | Path) -> None:
        subprocess.run([uv, *command], cwd=tmp_path, check=True, capture_output=True)

    run("build", "--wheel", "--out-dir", tmp_path / "dist", PROJECT)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    run("venv", "--no-python-downloads", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    locked = PROJECT / "requirements" / "run.lock"
    run("pip", "install", "--python", python, "--require-hashes", "-r", locked)
    run("pip", "install", "--python", python, "--no-deps", wheel)

    made = Installation(tmp_path / "data", program=environment / "bin" / "gymhopper")
    try:
        made.start()
        assert made.command("doctor").returncode == 0
        assert made.stop() == 0
    finally:
        end(made)
