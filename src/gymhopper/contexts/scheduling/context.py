"""Scheduling, as the composition root sees it."""

from pathlib import Path

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Context
from gymhopper.contexts.scheduling import subscribers
from gymhopper.contexts.scheduling.http import routers
from gymhopper.contexts.scheduling.http.rush import Rush
from gymhopper.contexts.scheduling.jobs import jobs, timers
from gymhopper.contexts.scheduling.storage.invariants import INVARIANTS
from gymhopper.contexts.scheduling.storage.mapping import map_all

map_all()

context = Context(
    name="scheduling",
    migrations=Migrations("scheduling", Path(__file__).parent / "storage" / "migrations"),
    routers=routers,
    subscriptions=subscribers.subscriptions,
    shortcut=Rush,
    tags={
        "bookings": "Places in classes, and the lines for them.",
        "class types": "What classes are made of.",
        "rooms": "Where classes are, with the map of their spots.",
        "instructors": "The names in the timetable.",
        "levels": "What members have reached, and classes may ask for.",
        "schedules": "Series of classes.",
        "classes": "What stands in the timetable.",
        "booking rules": "When bookings open, and what a late cancellation costs.",
        "services": "What appointments are made for, and when there is time for them.",
        "appointments": "One person with one instructor.",
        "calendar feeds": "Bookings and classes in people's own calendars.",
    },
    scopes={
        "attendance:read": "see who comes to classes, by name",
        "attendance:write": "say who came to classes",
        "bookings:read": "see bookings",
        "bookings:write": "book classes and cancel bookings",
        "levels:read": "see what members have reached in a discipline",
        "levels:write": "say what members have reached in a discipline",
        "penalties:write": "waive fees of bookings and appointments, and undo late cancellations",
        "schedules:read": "see the series that classes come from",
        "timetable:read": "see the timetable",
        "timetable:write": "make classes and schedules, and what they are made of; change them",
        "feeds:write": "open calendars to subscribe to, and revoke their addresses",
    },
    jobs=jobs,
    timers=timers,
    invariants=INVARIANTS,
    audit_shows={
        "scheduling.class_type": "name requirements",
        "scheduling.room": "name spots",
        "scheduling.booking_rules": "rules",
        "scheduling.schedule": "rule zone instructor_ids except_on caps",
        "scheduling.instructor": "",
        "scheduling.class": "status capacity cause edited",
        "scheduling.service": "name instructor_ids room_ids",
        "scheduling.availability": "hours",
        "scheduling.appointment": "status channel",
        "scheduling.level": "discipline level",
        "scheduling.feed": "kind instructor_id location_id revoked_at",
        "scheduling.fee": "status why currency",
        "scheduling.booking": "status channel spot bypassed",
    },
)
