"""Codes on paper, for the day on which the phone is gone."""

import re
import secrets

CODES = 10

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: no i, l, o, u
_MISREAD = str.maketrans("ilo", "110")
_GROUP = 5
_FORM = re.compile(rf"[{_ALPHABET}]{{{2 * _GROUP}}}")


def new_codes() -> tuple[str, ...]:
    """Ten codes of 50 random bits, each good for one sign-in."""
    made: dict[str, None] = {}
    while len(made) < CODES:
        made[f"{_group()}-{_group()}"] = None
    return tuple(made)


def normal_form(text: str) -> str | None:
    """A code however it was typed, or None when it cannot be one."""
    plain = re.sub(r"[\s-]", "", text).lower().translate(_MISREAD)
    return plain if _FORM.fullmatch(plain) else None


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))
