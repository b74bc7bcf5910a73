"""Numbers of legal documents: one after the other in each series."""

import re

from gymhopper.contexts.billing.domain.document import DocumentKind
from gymhopper.kernel.errors import Conflict, InvalidInput

PREFIXES: dict[DocumentKind, str] = {"invoice": "INV", "credit_note": "CN"}
"""How numbers begin for a seller who wants nothing else."""

_PREFIX = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_LONGEST = 12


class PrefixTaken(Conflict):
    """Documents of the other kind are numbered with this prefix."""

    code = "prefix_taken"


def check_prefix(prefix: str, *, field: str) -> None:
    """InvalidInput unless numbers can begin like this."""
    if len(prefix) > _LONGEST or not _PREFIX.fullmatch(prefix):
        raise InvalidInput(
            f"A prefix has capital letters and digits, with hyphens between them, {_LONGEST} at"
            " most.",
            field=field,
        )


def number(prefix: str, year: int, ordinal: int) -> str:
    """`INV-2026-000001`."""
    return f"{prefix}-{year:04}-{ordinal:06}"
