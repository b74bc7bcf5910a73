"""Scheduling, as the composition root sees it."""

from pathlib import Path

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Context
from gymhopper.contexts.scheduling import subscribers
from gymhopper.contexts.scheduling.http import routers
from gymhopper.contexts.scheduling.storage.mapping import map_all

map_all()

context = Context(
    name="scheduling",
    migrations=Migrations("scheduling", Path(__file__).parent / "storage" / "migrations"),
    routers=routers,
    subscriptions=subscribers.subscriptions,
    audit_shows={
        "scheduling.class_type": "name minutes credits",
        "scheduling.room": "name",
        "scheduling.instructor": "",
        "scheduling.class": "status capacity cause edited",
        "scheduling.booking": "status channel spot ending bypassed",
    },
)
