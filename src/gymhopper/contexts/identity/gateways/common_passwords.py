"""The passwords that people choose most, as leaks have shown.

`common_passwords.txt.gz` holds the first 10,000 of the dictionary of zxcvbn-ts (4.1.3, MIT, see
`common_passwords.LICENSE.txt`) and every one of at least ten letters; one a line.
"""

import gzip
from functools import cache
from importlib.resources import files

_FILE = "common_passwords.txt.gz"


@cache
def common_passwords() -> frozenset[str]:
    """All of them, in lower case; read once, when a password is first chosen."""
    packed = files("gymhopper.contexts.identity.gateways").joinpath(_FILE).read_bytes()
    return frozenset(gzip.decompress(packed).decode().split())
