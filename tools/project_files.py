"""The files that belong to the project: what git tracks or would, given its ignore rules."""

import subprocess
from pathlib import Path


def project_files(root: Path, *patterns: str) -> list[Path]:
    """Paths of existing files that match one of the git patterns (`*.py`), in order."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=root,
        check=True,
        capture_output=True,
    )
    names = sorted({name.decode() for name in listed.stdout.split(b"\0") if name})
    return [root / name for name in names if (root / name).is_file()]
