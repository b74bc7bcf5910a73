"""Ties the domain's classes to the tables, so that the domain need not know of them."""

from sqlalchemy import inspect
from sqlalchemy.orm import registry

from gymhopper.contexts.venues.domain.location import Calendar, Location
from gymhopper.contexts.venues.domain.organisation import LegalEntity, Organisation
from gymhopper.contexts.venues.storage import tables

_TABLES = {
    Organisation: tables.organisation,
    LegalEntity: tables.legal_entity,
    Calendar: tables.calendar,
    Location: tables.location,
}


def map_all() -> None:
    """Make the domain's classes loadable; doing it again changes nothing."""
    mappers = registry()
    for kind, table in _TABLES.items():
        if inspect(kind, raiseerr=False) is None:
            mappers.map_imperatively(kind, table)
