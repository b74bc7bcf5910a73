"""Identity, as the composition root sees it."""

from pathlib import Path

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Context, Implementation, Part
from gymhopper.contexts.identity.authentication import Authentication
from gymhopper.contexts.identity.gateways.hashing import PasswordThreads
from gymhopper.contexts.identity.http import routers
from gymhopper.contexts.identity.jobs import timers
from gymhopper.contexts.identity.storage.mapping import map_all
from gymhopper.contexts.identity.subscribers import subscriptions
from gymhopper.contracts.identity.api import IdentityApi

map_all()

context = Context(
    name="identity",
    migrations=Migrations("identity", Path(__file__).parent / "storage" / "migrations"),
    routers=routers,
    apis=[Implementation(IdentityApi, Authentication)],
    subscriptions=subscriptions,
    timers=timers,
    parts=[Part("api", PasswordThreads)],
    scopes={
        "identity:read": "see API keys",
        "identity:write": "make and revoke API keys",
        "impersonation:write": "look through members' eyes, which they are shown",
    },
    audit_shows={
        "identity.api_key": "kind scopes prefix",
        "identity.account": "status language",
        "identity.session": "client methods ended_because",
    },
)
