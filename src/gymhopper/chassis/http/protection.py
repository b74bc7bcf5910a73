"""Fields with which answers protect themselves in browsers and caches."""

from collections.abc import Mapping

from gymhopper.chassis.http.cookies import PLAIN_NAME

Fields = list[tuple[bytes, bytes]]

_ALWAYS: Fields = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
_PAGE_POLICY = b"frame-ancestors 'none'"
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_SESSION = PLAIN_NAME.encode()


class Protection:
    """Adds what an answer does not say by itself.

    Below `prefix` are answers for programs, except `pages`, which browsers show; `https` says
    whether people reach the platform like that.
    """

    def __init__(self, *, prefix: str, pages: frozenset[str], https: bool) -> None:
        self._prefix = prefix
        self._pages = pages
        self._always = [*_ALWAYS, _HTTPS_ONLY] if https else _ALWAYS

    def add(self, headers: Fields, path: str, given: Mapping[bytes, bytes]) -> None:
        """Complete the fields of the answer to a request with the fields `given`."""
        said = {name.lower() for name, _ in headers}
        headers += [each for each in self._always if each[0] not in said]
        api = path.startswith(self._prefix) and path not in self._pages
        if b"content-security-policy" not in said:
            headers.append((b"content-security-policy", _API_POLICY if api else _PAGE_POLICY))
        if api and b"cache-control" not in said and _personal(given):
            headers.append((b"cache-control", b"no-store"))


def _personal(given: Mapping[bytes, bytes]) -> bool:
    """Whether the answer may be meant for one caller only."""
    return b"authorization" in given or _SESSION in given.get(b"cookie", b"")
