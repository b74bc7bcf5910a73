"""Sign in, sign out, and the list of where one is signed in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, signed_in
from gymhopper.chassis.http.cookies import forget_session
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.session import Client, Method
from gymhopper.contexts.identity.http import fields
from gymhopper.contexts.identity.http.devices import OwnBrowser, present_device
from gymhopper.contexts.identity.http.signing_in import (
    SignInAnswer,
    TokenPair,
    sign_in_answer,
    token_pair,
)
from gymhopper.contexts.identity.queries.sessions import live_sessions
from gymhopper.contexts.identity.settings import identity_settings
from gymhopper.contexts.identity.subjects import account_of, own_account
from gymhopper.contexts.identity.usecases.end_sessions import end_session, end_sessions
from gymhopper.contexts.identity.usecases.refresh_tokens import TokenReused
from gymhopper.contexts.identity.usecases.refresh_tokens import refresh_tokens as refresh
from gymhopper.contexts.identity.usecases.sign_in_with_password import sign_in_with_password

router = APIRouter(tags=["sessions"])


class Credentials(fields.Request):
    """An address and its password."""

    email: fields.Email
    password: fields.Password


class Refresh(fields.Request):
    """The refresh token of the latest answer."""

    refresh_token: Annotated[str, Field(max_length=200, examples=["ghr_0191..._..."])]


class ListedSession(BaseModel):
    """Somewhere you are signed in."""

    id: UUID
    client: Client
    device_name: str = Field(examples=["Firefox on Linux"])
    address: str | None = Field(description="About where from.", examples=["203.0.113.0/24"])
    methods: list[Method]
    created_at: AwareDatetime
    last_seen_at: AwareDatetime = Field(description="Exact to the hour.")
    expires_at: AwareDatetime
    current: bool = Field(description="Whether it is the one that asks.")


class SessionList(BaseModel):
    """Everywhere you are signed in."""

    items: list[ListedSession]


@router.post(
    "/sessions",
    status_code=201,
    summary="Sign in with a browser",
    responses=refuses(401, 403),
    dependencies=[limited("sign_in")],
)
async def create_session(
    body: Credentials,
    device: OwnBrowser,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """Sets the session cookie, unless a second factor is asked for."""
    outcome = await sign_in_with_password(
        runtime,
        email=body.email,
        password=body.password,
        device=device,
    )
    return sign_in_answer(response, runtime, outcome, runtime.clock.now())


@router.post(
    "/tokens",
    status_code=201,
    summary="Sign in with a program",
    responses=refuses(401),
    dependencies=[limited("sign_in")],
)
async def create_tokens(
    body: Credentials,
    request: Request,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """The same proofs; instead of a cookie there is an access token and a refresh token."""
    outcome = await sign_in_with_password(
        runtime,
        email=body.email,
        password=body.password,
        device=present_device("program", request, runtime),
    )
    return sign_in_answer(response, runtime, outcome, runtime.clock.now())


@router.post(
    "/tokens/refresh", status_code=201, summary="Get the next tokens", responses=refuses(401)
)
async def refresh_tokens(
    body: Refresh, response: Response, runtime: CurrentRuntime, _: AuthSubject = public()
) -> TokenPair:
    """The refresh token is good once: keep the new one. Asking again within ten seconds, because
    the answer was lost, gives the same answer. A used one that is shown later ends the session, for
    somebody has a copy."""
    async with runtime.begin(SERVICE) as uow:
        outcome = await refresh(uow, body.refresh_token)
    if isinstance(outcome, TokenReused):
        raise outcome
    response.headers["Cache-Control"] = "no-store"
    return token_pair(outcome)


@router.get("/sessions", summary="See where you are signed in")
async def list_sessions(runtime: CurrentRuntime, caller: AuthSubject = signed_in()) -> SessionList:
    """Your browsers and programs, the latest used first."""
    async with runtime.read(own_account(caller)) as connection:
        found = await live_sessions(
            connection,
            account_of(caller),
            now=runtime.clock.now(),
            idle=identity_settings(runtime).session_idle,
        )
    return SessionList(
        items=[
            ListedSession(
                **{name: getattr(each, name) for name in each.__dataclass_fields__},
                current=each.id == caller.session_id,
            )
            for each in found
        ]
    )


@router.delete("/sessions/current", status_code=204, summary="Sign out")
async def end_current_session(
    response: Response, runtime: CurrentRuntime, caller: AuthSubject = signed_in()
) -> None:
    """Ends this session here at once, and in every other process within five seconds."""
    assert caller.session_id is not None  # noqa: S101 - signed_in has seen to it
    await _end(runtime, caller, caller.session_id, "signed out")
    forget_session(response)


@router.delete("/sessions/{session_id}", status_code=204, summary="Sign out another device")
async def end_one_session(
    session_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = signed_in()
) -> None:
    """Ends one of your sessions; ending it again changes nothing."""
    await _end(runtime, caller, session_id, "signed out from another device")


@router.delete("/sessions", status_code=204, summary="Sign out everywhere else")
async def end_other_sessions(runtime: CurrentRuntime, caller: AuthSubject = signed_in()) -> None:
    """Ends all your sessions but this one, within five seconds everywhere."""
    async with runtime.begin(own_account(caller)) as uow:
        await end_sessions(
            uow, account_of(caller), because="signed out everywhere", but=caller.session_id
        )


async def _end(runtime: Runtime, caller: AuthSubject, session_id: UUID, because: str) -> None:
    async with runtime.begin(own_account(caller)) as uow:
        await end_session(uow, session_id, account_id=account_of(caller), because=because)
