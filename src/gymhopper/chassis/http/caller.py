"""Who calls a route, what the route asks of them, and the transactions it may open."""

from typing import Annotated, Any, cast

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from gymhopper.chassis.auth import ANONYMOUS, AuthSubject, Kind
from gymhopper.chassis.runtime import Runtime
from gymhopper.contracts.identity.api import IdentityApi
from gymhopper.kernel.errors import Unauthenticated

_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="An API key.")


def runtime(request: Request) -> Runtime:
    """The process's runtime."""
    found: Runtime = request.app.state.runtime
    return found


CurrentRuntime = Annotated[Runtime, Depends(runtime)]


async def _authenticated(
    scopes: SecurityScopes,
    here: CurrentRuntime,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> AuthSubject:
    if credentials is None:
        raise Unauthenticated("Send an API key as a bearer token.")
    caller = await here.api(IdentityApi).authenticate(token=credentials.credentials)
    if caller is None:
        raise Unauthenticated("This token is unknown, revoked or expired.")
    subject = AuthSubject(
        kind=cast("Kind", caller.kind),
        id=caller.id,
        organisation_id=caller.organisation_id,
        scopes=frozenset(caller.scopes),
        everywhere=caller.organisation_id is None,
    )
    for scope in scopes.scopes:
        subject.require(scope)
    return subject


def scoped(*scopes: str) -> Any:
    """The route's caller, who must hold these scopes: `caller: AuthSubject = scoped("a:read")`."""
    return Security(_authenticated, scopes=list(scopes))


def _anonymous() -> AuthSubject:
    return ANONYMOUS


def public() -> Any:
    """The caller of a route that is open to everybody, by decision: `caller = public()`."""
    return Security(_anonymous)
