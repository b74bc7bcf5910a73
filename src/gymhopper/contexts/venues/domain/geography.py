"""Checks of the codes and figures that say where something is."""

import re
from functools import cache
from zoneinfo import available_timezones

from gymhopper.kernel.errors import InvalidInput

_COUNTRY = re.compile(r"[A-Z]{2}")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_zone(name: str) -> None:
    """InvalidInput unless the name is in the IANA time zone database, letter by letter."""
    if name not in _zones():
        raise InvalidInput(f"{name!r} is not an IANA time zone.", field="zone")


def check_country(code: str) -> None:
    """InvalidInput unless the code has the form of ISO 3166-1 alpha-2."""
    if not _COUNTRY.fullmatch(code):
        raise InvalidInput("A country is two capital letters (ISO 3166-1).", field="country")


def check_latitude(degrees: float) -> None:
    """InvalidInput unless the degrees (WGS 84) lie between the poles."""
    if not -90 <= degrees <= 90:
        raise InvalidInput("A latitude is between -90 and 90 degrees.", field="latitude")


def check_longitude(degrees: float) -> None:
    """InvalidInput unless the degrees (WGS 84) go at most halfway round."""
    if not -180 <= degrees <= 180:
        raise InvalidInput("A longitude is between -180 and 180 degrees.", field="longitude")
