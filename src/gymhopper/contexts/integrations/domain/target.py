"""The address of an endpoint, read strictly: what two programs may read differently is refused."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from gymhopper.contexts.integrations.domain.addresses import is_public, parse
from gymhopper.contexts.integrations.domain.errors import TargetRefused

PORTS = frozenset({443, 8443})

_LONGEST = 1000
# No blank, control character, backslash or anything beyond ASCII: clients differ about them.
_PLAIN = re.compile(r"[\x21-\x5b\x5d-\x7e]+")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
# A last label like these makes a name an IPv4 address to some clients: decimal, octal or hex.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "onion")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `host` is in lower case, an IPv6 address without its brackets."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address in its one spelling."""
        return f"http{'s' * self.secure}://{self.authority}{self.path}"


def read_target(url: str, *, allow_private: bool) -> Target:
    """The target of a URL.

    Raises TargetRefused when it is not https, names no host of the open Internet, or could be read
    in two ways. With `allow_private` any host and port will do, and http to this machine itself.
    """
    if len(url) > _LONGEST or not _PLAIN.fullmatch(url):
        raise _refused(f"has at most {_LONGEST} characters, of printable ASCII and without blanks")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise _refused("is a URL such as https://example.com/hooks") from error
    if parts.scheme not in {"https", "http"} or not host:
        raise _refused("begins with https://")
    if "@" in parts.netloc or "#" in url:
        raise _refused("holds no user, password or fragment")
    if "%" in parts.netloc or parts.netloc.endswith(":"):
        raise _refused("names its host and port plainly")
    if "[" in parts.netloc and not isinstance(parse(host), IPv6Address):
        raise _refused("names its host and port plainly")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(secure, host, port if port is not None else (443 if secure else 80), path)
    if allow_private:
        _check_development(target)
    else:
        _check_public(target)
    return target


def _check_development(target: Target) -> None:
    address = parse(target.host)
    here = target.host == "localhost" or (address is not None and address.is_loopback)
    if not target.secure and not here:
        raise _refused("begins with https://, but for this machine itself")
    if address is None and not here:
        _check_name(target.host)


def _check_public(target: Target) -> None:
    if not target.secure:
        raise _refused("begins with https://")
    if target.port not in PORTS:
        raise _refused("has the port 443 or 8443")
    address = parse(target.host)
    if address is not None:
        if not is_public(address):
            raise _refused("is on the open Internet")
        return
    _check_name(target.host)
    if any(target.host.endswith(f".{each}") for each in _LOCAL_NAMES):
        raise _refused("is on the open Internet")


def _check_name(host: str) -> None:
    """A full name in its ASCII form (`xn--...`), without a dot behind."""
    last = host.rpartition(".")[2]
    if len(host) > 253 or not _NAME.fullmatch(host) or _NUMBER.fullmatch(last):
        raise _refused("names its host in full, in ASCII (xn--...) and without a dot at the end")


def _refused(rule: str) -> TargetRefused:
    return TargetRefused(f"The address of an endpoint {rule}.", field="url")
