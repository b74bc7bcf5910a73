"""Names every file that mentions a package registry's host.

python tools/check_hosts.py [ROOT]; exits 1 when there is one. Where packages come from is the
business of whoever installs; locks hold hashes, so any mirror serves (docs/decisions/0001).
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from project_files import project_files

# In pieces, or this file would name them itself.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("npm", "pkg", "github", "com"),
        ("repo", "maven", "apache", "org"),
        ("repo1", "maven", "org"),
        ("central", "sonatype", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("registry", "docker", "io"),
        ("anaconda", "org"),
    )
]
# Also part of a longer name, as `files.` or `static.` before it.
NAMED = re.compile(rf"(?:{'|'.join(re.escape(each) for each in HOSTS)})\b")


def main(root: Path) -> int:
    found = [line for path in project_files(root) for line in mentions(path, root)]
    print("\n".join(found) or "hosts: no file names a package registry")
    return 1 if found else 0


def mentions(path: Path, root: Path) -> Iterator[str]:
    """A line for each mention in a text file; binary files have none."""
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(lines, 1):
        if match := NAMED.search(line):
            yield f"{path.relative_to(root)}:{number}: names the registry {match[0]}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
