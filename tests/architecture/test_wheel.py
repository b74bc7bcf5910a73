"""The wheel carries the whole package: programs need their SQL, Lua and HTML as well."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

PROJECT = Path(__file__).parents[2]


def test_the_wheel_carries_every_file_of_the_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "gymhopper"],
        cwd=PROJECT / "src",
        check=True,
        capture_output=True,
        text=True,
    )
    existing = {name for name in tracked.stdout.split("\0") if (PROJECT / "src" / name).is_file()}
    assert existing
    assert existing <= carried
    assert not any(name.startswith(("tests/", "tools/", "bench/")) for name in carried)
