"""Installs the system packages that some tests and benchmarks need, where Debian's tools are.

python tools/install_deps.py; needs root only when something is missing. Without these packages
the tests that need them are skipped, with the reason.
"""

import os
import shutil
import subprocess
import sys

# Program, Debian package that has it, what for.
PROGRAMS = (
    ("git", "git", "the house rules look at the files that git tracks"),
    ("java", "openjdk-17-jre-headless", "the Kafka broker of the tests"),
    ("mvn", "maven", "fetching that broker"),
    ("wrk", "wrk", "load for the benchmarks"),
    ("node", "nodejs", "the OpenID Connect provider of the tests"),
    ("npm", "npm", "fetching that provider"),
    ("chromium", "chromium", "passkeys in a real browser"),
)


def main() -> int:
    missing = [each for each in PROGRAMS if shutil.which(each[0]) is None]
    for program, package, purpose in missing:
        print(f"deps: {program} is missing ({purpose}): package {package}")
    if not missing:
        print(f"deps: {', '.join(program for program, _, _ in PROGRAMS)} are there")
        return 0
    if shutil.which("apt-get") is None:
        print("deps: there is no apt-get here, please install them in your system's way")
        return 1
    if os.geteuid() != 0:
        print("deps: installing system packages needs root: sudo make deps")
        return 1
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    packages = [package for _, package, _ in missing]
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
