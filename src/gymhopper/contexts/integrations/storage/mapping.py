"""Ties the domain's classes to the tables, so that the domain need not know of them."""

from sqlalchemy import inspect
from sqlalchemy.orm import registry

from gymhopper.contexts.integrations.domain.endpoint import Endpoint
from gymhopper.contexts.integrations.storage import tables


def map_all() -> None:
    """Make the domain's classes loadable; doing it again changes nothing."""
    if inspect(Endpoint, raiseerr=False) is None:
        registry().map_imperatively(Endpoint, tables.endpoint)
