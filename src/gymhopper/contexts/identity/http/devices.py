"""What signs in, as far as a request tells."""

import ipaddress
import re
from typing import Annotated

from fastapi import Depends, Request

from gymhopper.chassis.http.caller import CurrentRuntime
from gymhopper.chassis.origin import origin
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.session import Client, Device
from gymhopper.contexts.identity.http.device_cookie import read_device
from gymhopper.contexts.identity.http.own_page import refuse_foreign_page

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


def present_device(client: Client, request: Request, runtime: Runtime) -> Device:
    """The device behind the present request."""
    here = origin()
    return Device(
        client=client,
        name=device_name(here.user_agent),
        address=network_around(here.address, 24, 48),
        network=network_around(here.address, 32, 64) or "unknown",
        id=read_device(request, runtime.secrets),
    )


async def _own_browser(request: Request, runtime: CurrentRuntime) -> Device:
    refuse_foreign_page(request, runtime.settings.allowed_origins)
    return present_device("browser", request, runtime)


OwnBrowser = Annotated[Device, Depends(_own_browser)]
"""The browser behind the request; one whose page is a foreign one is refused."""


def device_name(user_agent: str | None) -> str:
    """`Firefox on Linux`, or the name of the program that calls."""
    agent = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    if browser is None:
        product = _PRODUCT.match(agent)
        return product[0] if product else "Unknown device"
    return f"{browser} on {system}" if system else browser


def network_around(address: str | None, bits: int, bits6: int) -> str | None:
    """The network of so many bits (the second number for IPv6) around an address.

    /24 and /48 are enough to recognise a place and too little to find a house. One customer of a
    provider has a single IPv4 address, but the whole of an IPv6 /64.
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    found = mapped or parsed
    length = bits if found.version == 4 else bits6
    return str(ipaddress.ip_network((found, length), strict=False))
