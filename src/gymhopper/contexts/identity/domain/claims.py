"""What an OIDC provider says of somebody, read in the provider's own words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Claims = Mapping[str, Any]


def claim(claims: Claims, name: str) -> Any:
    """The claim of this name, or what lies below it (`realm_access.roles`); None: not there.

    A name is first taken as it is: namespaced claims (`https://gym.example.com/organisation`) have
    dots of their own.
    """
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def text_claim(claims: Claims, name: str) -> str | None:
    """The claim when it is a text that is not empty."""
    found = claim(claims, name)
    return found if isinstance(found, str) and found else None


def words(claims: Claims, names: Iterable[str]) -> frozenset[str]:
    """All words of these claims: each is a list of texts, or one text with spaces between them."""
    found: set[str] = set()
    for name in names:
        value = claim(claims, name)
        if isinstance(value, str):
            found.update(value.split())
        elif isinstance(value, Sequence):
            found.update(each for each in value if isinstance(each, str))
    return frozenset(found)


def is_true(claims: Claims, name: str) -> bool:
    """Whether the claim says yes. Some providers write it as text."""
    found = claim(claims, name)
    return found is True or found == "true"
