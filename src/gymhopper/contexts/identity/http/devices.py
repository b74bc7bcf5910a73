"""What signs in, as far as a request tells."""

import ipaddress
import re

from gymhopper.chassis.origin import origin
from gymhopper.contexts.identity.domain.session import Client, Device

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")


def present_device(client: Client) -> Device:
    """The device behind the present request."""
    here = origin()
    return Device(client=client, name=device_name(here.user_agent), address=coarse(here.address))


def device_name(user_agent: str | None) -> str:
    """`Firefox on Linux`, or the name of the program that calls."""
    agent = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    if browser is None:
        product = _PRODUCT.match(agent)
        return product[0] if product else "Unknown device"
    return f"{browser} on {system}" if system else browser


def coarse(address: str | None) -> str | None:
    """The network around an address: enough to recognise a place, too little to find a house."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    parsed = mapped or parsed
    length = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network((parsed, length), strict=False))
