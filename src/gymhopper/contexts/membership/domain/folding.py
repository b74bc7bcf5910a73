"""Names as a desk searches them: case, accents and punctuation make no difference."""

import unicodedata

# Letters that Unicode does not take apart.
_PLAIN = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h"}
)


def folded(text: str) -> str:
    """The words of a name, folded and with one space between them: `Zoë O'Brien-Groß` is
    `zoe o brien gross` (Unicode NFKD without marks, case-folded)."""
    # Once more: what was taken apart may have capitals of its own.
    once = unicodedata.normalize("NFKD", text.casefold())
    apart = unicodedata.normalize("NFKD", once.casefold())
    plain = "".join(each for each in apart if not unicodedata.combining(each)).translate(_PLAIN)
    return " ".join("".join(each if each.isalnum() else " " for each in plain).split())
