"""The routes of identity."""

from gymhopper.contexts.identity.http import api_keys, me, sessions

routers = [api_keys.router, sessions.router, me.router]
