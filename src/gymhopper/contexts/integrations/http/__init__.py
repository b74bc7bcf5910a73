"""The routes of integrations."""

from gymhopper.contexts.integrations.http import deliveries, endpoints, event_types

routers = [event_types.router, endpoints.router, deliveries.router]
