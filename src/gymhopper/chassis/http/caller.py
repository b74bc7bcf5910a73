"""Who calls a route, what the route asks of them, and the transactions it may open.

Every route declares one of three: `scoped(...)`, for callers who hold scopes; `signed_in()`, for
whoever has a session, about that session or account itself; `public()`, for everybody.
"""

from collections.abc import Sequence
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import (
    APIKeyCookie,
    HTTPAuthorizationCredentials,
    HTTPBearer,
    SecurityScopes,
)
from fastapi.security.utils import get_authorization_scheme_param

from gymhopper.chassis.audit.acts import Act
from gymhopper.chassis.auth import ANONYMOUS, AuthSubject, Kind
from gymhopper.chassis.http.cookies import PLAIN_NAME, SAFE_METHODS, read_session, require_own_page
from gymhopper.chassis.http.idempotent import look_for_answer
from gymhopper.chassis.http.limits import spend_anonymously, spend_as
from gymhopper.chassis.origin import calls
from gymhopper.chassis.runtime import Runtime
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.kernel.errors import Forbidden, Unauthenticated

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="An API key, a session's access token, or a token of the OIDC provider.",
)
_cookie = APIKeyCookie(
    name=PLAIN_NAME,
    auto_error=False,
    scheme_name="session",
    description="A browser's session; over https its name begins with `__Host-`.",
)


async def runtime(request: Request) -> Runtime:
    """The process's runtime. Async, because the framework runs other functions in a thread."""
    found: Runtime = request.app.state.runtime
    return found


CurrentRuntime = Annotated[Runtime, Depends(runtime)]


def _name_operation(request: Request) -> None:
    """Let the audit log say what is called: not the path itself, which may hold a token."""
    route = request.scope.get("route")
    if isinstance(route, APIRoute):
        calls(route.operation_id or route.name, route.path_format)


async def recognise(
    request: Request, here: Runtime, *, scopes: Sequence[str] = (), also: Sequence[str] = ()
) -> AuthSubject:
    """The caller, who must hold these scopes; the request is counted, in the classes `also`, too.

    Raises Unauthenticated, ForeignPage, RateLimited, Forbidden. Routes ask `scoped`; this is for
    shortcuts past the framework, once for each request that they answer themselves. They name their
    operation themselves, and mind the request's Idempotency-Key.
    """
    bearer = _bearer_of(request)
    cookie = None if bearer is not None else read_session(request)
    token = cookie if bearer is None else bearer
    if token is None:
        await spend_anonymously(request, here.limiter, also)
        raise Unauthenticated("Sign in, or send a bearer token.")
    caller = await here.api(IdentityApi).authenticate(token=token)
    if caller is None:
        await spend_anonymously(request, here.limiter, also)
        raise Unauthenticated("This session or token is unknown, revoked or expired.")
    if cookie is not None:
        require_own_page(request, here.settings.allowed_origins)
    subject = _subject(caller)
    await spend_as(request, here.limiter, subject, also)
    for scope in scopes:
        subject.require(scope)
    if subject.impersonator is not None and request.method in SAFE_METHODS:
        # Entries that belong to no organisation would be seen by whoever acts for the person.
        [of] = subject.within
        looked = Act(
            action="looked", organisation_id=of, person_id=subject.person_id, what="looked_at"
        )
        await here.note_act(subject, looked)
    return subject


def _bearer_of(request: Request) -> str | None:
    scheme, credentials = get_authorization_scheme_param(request.headers.get("Authorization"))
    return credentials if scheme.lower() == "bearer" and credentials else None


async def _authenticated(
    request: Request,
    scopes: SecurityScopes,
    here: CurrentRuntime,
    _bearer_described: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    _cookie_described: Annotated[str | None, Depends(_cookie)],
) -> AuthSubject:
    _name_operation(request)
    subject = await recognise(request, here, scopes=scopes.scopes)
    await look_for_answer(here, subject)
    return subject


def _subject(caller: Caller) -> AuthSubject:
    return AuthSubject(
        kind=cast("Kind", caller.kind),
        id=caller.id,
        organisation_id=caller.organisation_id,
        scopes=frozenset(caller.scopes),
        everywhere=caller.everywhere,
        person_id=caller.person_id,
        session_id=caller.session_id,
        assignment_id=caller.assignment_id,
        role=caller.role,
        legal_entity_id=caller.legal_entity_id,
        location_id=caller.location_id,
        impersonator=caller.impersonator,
        within=caller.within,
    )


def scoped(*scopes: str) -> Any:
    """The route's caller, who must hold these scopes: `caller: AuthSubject = scoped("a:read")`."""
    return Security(_authenticated, scopes=list(scopes))


async def _in_session(subject: Annotated[AuthSubject, Security(_authenticated)]) -> AuthSubject:
    if subject.session_id is None:
        raise Forbidden("This is for people who signed in.", code="session_required")
    return subject


def signed_in() -> Any:
    """The caller of a route about the caller's own session or account: `caller = signed_in()`."""
    return Security(_in_session)


async def _anonymous(request: Request, here: CurrentRuntime) -> AuthSubject:
    _name_operation(request)
    await spend_anonymously(request, here.limiter)
    return ANONYMOUS


def public() -> Any:
    """The caller of a route that is open to everybody, by decision: `caller = public()`."""
    return Security(_anonymous)
