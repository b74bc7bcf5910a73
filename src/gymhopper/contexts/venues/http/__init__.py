"""Organisations and places over HTTP."""

from gymhopper.contexts.venues.http import calendars, legal_entities, locations, organisations

routers = [organisations.router, legal_entities.router, calendars.router, locations.router]
