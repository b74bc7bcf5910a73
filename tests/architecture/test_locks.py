"""The locks belong to pyproject.toml, hold hashes, and agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
RUN = PYPROJECT["project"]["dependencies"]
DEV = [*RUN, *PYPROJECT["dependency-groups"]["dev"]]


def locked(name: str) -> dict[str, set[str]]:
    """Package to versions; there are several where platforms differ."""
    text = (PROJECT / "requirements" / name).read_text()
    pins: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^ ;\\]+)", text, re.MULTILINE):
        pins.setdefault(canonicalize_name(package), set()).add(version)
    return pins


@pytest.mark.parametrize(("lock", "wanted"), [("run.lock", RUN), ("dev.lock", DEV)])
def test_a_lock_satisfies_all_that_is_asked_for(lock: str, wanted: list[str]) -> None:
    pins = locked(lock)
    for requirement in map(Requirement, wanted):
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement} is not in {lock}: run `make lock`"
        for version in versions:
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{lock} has {requirement.name} {version}, asked for is {requirement.specifier}"
            )


def test_the_product_runs_on_the_versions_that_it_is_tested_with() -> None:
    tested = locked("dev.lock")
    for package, versions in locked("run.lock").items():
        assert tested[package] == versions


@pytest.mark.parametrize("lock", ["run.lock", "dev.lock", "uv.txt"])
def test_every_locked_package_has_hashes(lock: str) -> None:
    text = (PROJECT / "requirements" / lock).read_text()
    entries = re.findall(r"^[\w.-]+==.*(?:\n    .*)*", text, re.MULTILINE)
    assert entries
    for entry in entries:
        assert "--hash=sha256:" in entry
