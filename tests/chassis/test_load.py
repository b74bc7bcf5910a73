"""Contexts are imported by their names, and the process's garbage is looked for as before."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gymhopper.chassis.registry import load


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a package, `planted`, without a context yet."""
    folder = tmp_path / "planted"
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in ("planted", "planted.context"):
        sys.modules.pop(name, None)
    gc.enable()


@pytest.mark.parametrize("collects", [True, False])
def test_nothing_looks_for_garbage_while_a_context_is_imported(
    package: Path, *, collects: bool
) -> None:
    (package / "context.py").write_text("import gc\ncontext = gc.isenabled()\n")
    if not collects:
        gc.disable()
    assert load(["planted"]) == [False]
    assert gc.isenabled() == collects


def test_it_does_again_when_one_cannot_be_imported(package: Path) -> None:
    (package / "context.py").write_text("context = 1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        load(["planted"])
    assert gc.isenabled()
