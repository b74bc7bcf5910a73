"""Which passwords are refused: what guessing begins with, not what lacks a digit.

After NIST SP 800-63B: length, and a comparison with what is commonly used or expected; no rules of
composition, which people meet with `Password1!`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable

from gymhopper.kernel.errors import InvalidInput

SHORTEST = 10
LONGEST = 256
_TOO_LITTLE = 6
"""So many letters beyond a common password are no protection: dragon2024!! is a dragon."""

_DISGUISES = str.maketrans("013457@$!+", "oieastasit")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
)


class WeakPassword(InvalidInput):
    """Another one is needed; the detail says why."""

    code = "weak_password"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, field="password")


def normal_password(password: str) -> str:
    """Keyboards compose letters differently; the password is the same (NFC, as in RFC 8265)."""
    return unicodedata.normalize("NFC", password)


def require_strong(password: str, *, common: Collection[str], about: Iterable[str]) -> None:
    """Raise WeakPassword when it is short, common, a sequence, or made of what is known `about`
    its holder (an address, a name)."""
    normal = normal_password(password)
    if not SHORTEST <= len(normal) <= LONGEST:
        raise WeakPassword(f"A password has {SHORTEST} to {LONGEST} characters.")
    folded = normal.casefold()
    if len(set(folded)) < 4 or _repeats(folded) or _runs(folded):
        raise WeakPassword("This password is a repetition or a sequence.")
    if folded in common or any(each in common for each in _undisguised(folded)):
        raise WeakPassword("This password is one that many people use.")
    for part in _parts(about):
        if part in folded and len(folded) - len(part) < _TOO_LITTLE:
            raise WeakPassword("This password is too much like your address or name.")


def _undisguised(folded: str) -> list[str]:
    """What is left without digits and signs at the ends, when that is most of it, with the usual
    stand-ins (p4ssw0rd) read as letters, too."""
    found = []
    for text in (folded, folded.translate(_DISGUISES)):
        bare = _EDGES.sub("", text)
        if bare and len(text) - len(bare) <= _TOO_LITTLE:
            found.append(bare)
    return found


def _repeats(folded: str) -> bool:
    """Whether it is one piece again and again: abcabcabcabc."""
    return folded in (folded + folded)[1:-1]


def _runs(folded: str) -> bool:
    """Whether it is made of long pieces of the alphabet or of a keyboard's rows, either way."""
    covered, position = 0, 0
    while position < len(folded):
        length = max(
            (_common_start(folded[position:], row) for row in (*_ROWS, *map(_back, _ROWS))),
            default=0,
        )
        if length >= 4:
            covered += length
        position += max(length, 1)
    return len(folded) - covered < 4


def _common_start(text: str, row: str) -> int:
    start = row.find(text[0])
    if start < 0:
        return 0
    length = 0
    for one, other in zip(text, row[start:], strict=False):
        if one != other:
            break
        length += 1
    return length


def _back(row: str) -> str:
    return row[::-1]


def _parts(about: Iterable[str]) -> list[str]:
    words = {word for each in about for word in re.split(r"[\W_]+", each.casefold())}
    return sorted({word for word in words if len(word) >= 4} | {each.casefold() for each in about})
