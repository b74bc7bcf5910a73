"""The account that the servers run under, and what it can reach."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gymhopper.chassis.engines.errors import EngineError

WORKING_FOLDER = Path("/proc/self/cwd")


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the servers run as; without a user id, as ourselves."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def for_servers(cls, folder: Path) -> Self:
        """Ourselves; or for root, whom PostgreSQL refuses, an account without rights.

        That is the one which owns the servers' files in `folder` already, else `postgres`, else
        `nobody`. Raises EngineError when there is none of them.
        """
        if os.geteuid() != 0:
            return cls()
        for made in (folder / "postgres", folder / "valkey"):
            if made.exists() and (owner := made.stat()).st_uid != 0:
                return cls(owner.st_uid, owner.st_gid)
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise EngineError("root needs an account `postgres` or `nobody` to run the engines under")

    @property
    def groups(self) -> list[int] | None:
        """Supplementary groups: a foreign account gets none of ours."""
        return None if self.uid is None else []

    def may(self, test: str, path: Path) -> bool:
        """Whether test(1) with `test` (`-x`, `-w`) holds for the account, ancestors included."""
        if self.uid is None:
            return True
        ran = subprocess.run(
            ["/usr/bin/env", "test", test, str(path)],
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
        )
        return ran.returncode == 0

    def folder(self, path: Path) -> Path:
        """Make a folder that only this account enters; refuse one that somebody else planted."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.uid is not None and self.gid is not None and path.lstat().st_uid == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        found = path.lstat()
        uid = os.geteuid() if self.uid is None else self.uid
        if path.is_symlink() or found.st_uid != uid or found.st_mode & 0o077:
            raise EngineError(f"{path} must be a folder that only the engines' account enters")
        return path

    def place(self, folder: Path) -> str:
        """How a server whose working folder is `folder` should call it.

        Below a folder that the account may not pass (root's home, a private temporary folder) the
        kernel's link to the working folder still leads there: it needs no ancestor.
        """
        reachable = self.may("-w", folder) or not WORKING_FOLDER.exists()
        return str(folder if reachable else WORKING_FOLDER)

    def run(self, command: Sequence[str], folder: Path, script: str = "") -> None:
        """Run a program in `folder` to its end; EngineError with its output when it fails."""
        ran = subprocess.run(
            command,
            cwd=folder,
            env=server_environment(),
            input=script,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
        )
        if ran.returncode:
            raise EngineError(f"{Path(command[0]).name} failed:\n{ran.stdout.strip()}")


def server_environment() -> dict[str, str]:
    """What a server inherits: nothing that could configure it behind our back."""
    return {"PATH": os.defpath, "LC_ALL": "C"}
