"""The routes of identity."""

from gymhopper.contexts.identity.http import (
    acting,
    api_keys,
    factors,
    impersonation,
    me,
    passkeys,
    roles,
    sessions,
)

routers = [
    api_keys.router,
    sessions.router,
    me.router,
    factors.router,
    passkeys.router,
    acting.router,
    roles.router,
    impersonation.router,
]
