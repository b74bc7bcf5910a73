"""Ties the domain's classes to the tables, so that the domain need not know of them."""

from sqlalchemy import inspect
from sqlalchemy.orm import registry

from gymhopper.contexts.identity.domain.api_key import ApiKey
from gymhopper.contexts.identity.storage import tables


def map_all() -> None:
    """Make the domain's classes loadable; doing it again changes nothing."""
    if inspect(ApiKey, raiseerr=False) is None:
        registry().map_imperatively(ApiKey, tables.api_key)
