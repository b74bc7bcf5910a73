"""The client's address, also behind proxies that we trust.

Each proxy appends the address that it was called from to X-Forwarded-For. What stands left of the
first address that no proxy of ours is, anybody may have written.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Network = IPv4Network | IPv6Network


class ClientAddress:
    """Finds the address; `trusted` are networks (CIDR) of proxies in front of this process."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted: tuple[Network, ...] = tuple(map(ip_network, trusted))

    def of(self, scope: Scope) -> str | None:
        """The address from which the request came, None when the server does not know it."""
        client = scope.get("client")
        address: str | None = client[0] if client else None
        if not self._trusted or address is None or not self._trusts(address):
            return address
        for forwarded in reversed(_forwarded(scope)):
            if _is_none(forwarded):
                return address
            address = forwarded
            if not self._trusts(address):
                return address
        return address

    def _trusts(self, address: str) -> bool:
        if _is_none(address):
            return False
        parsed = ip_address(address)
        return any(parsed in each for each in self._trusted)


def _forwarded(scope: Scope) -> list[str]:
    """All of the fields as one list, from left to right."""
    found = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    text = b",".join(found).decode("latin-1")
    return [each.strip() for each in text.split(",") if each.strip()]


def _is_none(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return True
    return False
