"""The routes of identity."""

from gymhopper.contexts.identity.http import api_keys, factors, me, passkeys, sessions

routers = [api_keys.router, sessions.router, me.router, factors.router, passkeys.router]
