"""Ties the domain's classes to the tables, so that the domain need not know of them."""

from sqlalchemy import inspect
from sqlalchemy.orm import registry

from gymhopper.contexts.staff.domain.assignment import Assignment
from gymhopper.contexts.staff.domain.employee import Employee
from gymhopper.contexts.staff.storage import tables

_TABLES = {Employee: tables.employee, Assignment: tables.assignment}


def map_all() -> None:
    """Make the domain's classes loadable; doing it again changes nothing."""
    mappers = registry()
    for kind, table in _TABLES.items():
        if inspect(kind, raiseerr=False) is None:
            mappers.map_imperatively(kind, table)
