"""The routes of identity."""

from gymhopper.contexts.identity.http import api_keys

routers = [api_keys.router]
