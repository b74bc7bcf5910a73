"""Venues, as the composition root sees it."""

from pathlib import Path

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.contexts.venues.directory import Directory
from gymhopper.contexts.venues.http import routers
from gymhopper.contexts.venues.storage.mapping import map_all
from gymhopper.contracts.venues.api import VenuesApi

map_all()

context = Context(
    name="venues",
    migrations=Migrations("venues", Path(__file__).parent / "storage" / "migrations"),
    routers=routers,
    apis=[Implementation(VenuesApi, Directory)],
    tags={
        "organisations": "Tenants: brands that run locations, and the operator of the network.",
        "legal entities": "Sellers inside an organisation.",
        "calendars": "Opening hours that locations inherit.",
        "locations": "Places that people enter.",
    },
    scopes={
        "venues:read": "see organisations and legal entities",
        "organisations:write": "create organisations",
        "venues:write": "change organisations, legal entities, calendars and locations",
    },
    audit_shows={
        "venues.organisation": "kind name external_ref",
        "venues.legal_entity": "country currency zone external_ref",
        "venues.calendar": "name weekly exceptions",
        "venues.location": "name zone country city address latitude longitude weekly exceptions"
        " staffed_weekly staffed_exceptions status external_ref",
    },
)
