"""Ties the domain's classes to the tables, so that the domain need not know of them."""

from functools import cache

from sqlalchemy.orm import registry

from gymhopper.contexts.scheduling.domain.appointment import Appointment, Availability, Service
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.class_type import ClassType
from gymhopper.contexts.scheduling.domain.feed import Feed
from gymhopper.contexts.scheduling.domain.instructor import Instructor
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.domain.penalties import Fee, Strike
from gymhopper.contexts.scheduling.domain.room import Room
from gymhopper.contexts.scheduling.domain.schedule import Schedule
from gymhopper.contexts.scheduling.storage import appointment_tables, feed_tables, tables

_TABLES = {
    ClassType: tables.class_type,
    Room: tables.room,
    Instructor: tables.instructor,
    Schedule: tables.schedule,
    Class: tables.class_,
    Booking: tables.booking,
    Feed: feed_tables.feed,
    Service: appointment_tables.service,
    Availability: appointment_tables.availability,
    Appointment: appointment_tables.appointment,
    Fee: tables.fee,
    Strike: tables.strike,
}


@cache
def map_all() -> None:
    """Make the domain's classes loadable; a second call does nothing."""
    mappers = registry()
    for kind, table in _TABLES.items():
        mappers.map_imperatively(kind, table)
