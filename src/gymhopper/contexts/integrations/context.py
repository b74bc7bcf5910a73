"""Integrations, as the composition root sees it."""

from pathlib import Path

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Context, Part
from gymhopper.contexts.integrations.http import routers
from gymhopper.contexts.integrations.jobs import deliveries, timers
from gymhopper.contexts.integrations.storage.invariants import INVARIANTS
from gymhopper.contexts.integrations.storage.mapping import map_all
from gymhopper.contexts.integrations.storage.secrets import SEALED
from gymhopper.contexts.integrations.subscribers import subscriptions

map_all()

context = Context(
    name="integrations",
    migrations=Migrations("integrations", Path(__file__).parent / "storage" / "migrations"),
    routers=routers,
    subscriptions=subscriptions,
    timers=timers,
    parts=[Part("worker", deliveries)],
    sealed=SEALED,
    invariants=INVARIANTS,
    tags={
        "webhooks": "Other systems that are told what happens.",
    },
    scopes={
        "webhooks:read": "see webhook endpoints and what was delivered to them",
        "webhooks:write": "add and change webhook endpoints, see their secrets, and send again",
    },
    audit_shows={"integrations.endpoint": "event_types status disabled_reason"},
)
