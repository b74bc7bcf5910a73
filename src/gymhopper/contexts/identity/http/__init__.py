"""The routes of identity."""

from gymhopper.contexts.identity.http import (
    accounts,
    acting,
    api_keys,
    factors,
    impersonation,
    invitations,
    me,
    oidc,
    passkeys,
    roles,
    sessions,
)

routers = [
    api_keys.router,
    sessions.router,
    accounts.router,
    me.router,
    factors.router,
    passkeys.router,
    acting.router,
    roles.router,
    impersonation.router,
    oidc.router,
    invitations.router,
]
