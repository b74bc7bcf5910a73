"""Sign in, sign out, and the list of where one is signed in."""

from fastapi import APIRouter, Request, Response

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, signed_in
from gymhopper.chassis.http.cookies import forget_session
from gymhopper.contexts.identity.http import fields
from gymhopper.contexts.identity.http.devices import present_device
from gymhopper.contexts.identity.http.own_page import refuse_foreign_page
from gymhopper.contexts.identity.http.signing_in import SignInAnswer, sign_in_answer
from gymhopper.contexts.identity.recognition.memory import memory
from gymhopper.contexts.identity.subjects import own_account
from gymhopper.contexts.identity.usecases.end_sessions import end_session
from gymhopper.contexts.identity.usecases.sign_in_with_password import sign_in_with_password

router = APIRouter(tags=["sessions"])


class Credentials(fields.Request):
    """An address and its password."""

    email: fields.Email
    password: fields.Password


@router.post("/sessions", status_code=201, summary="Sign in with a browser")
async def create_session(
    body: Credentials,
    request: Request,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """Sets the session cookie, unless a second factor is asked for."""
    refuse_foreign_page(request, runtime.settings.allowed_origins)
    outcome = await sign_in_with_password(
        runtime, email=body.email, password=body.password, device=present_device("browser")
    )
    return sign_in_answer(response, runtime, outcome, runtime.clock.now())


@router.post("/tokens", status_code=201, summary="Sign in with a program")
async def create_tokens(
    body: Credentials,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """The same proofs; instead of a cookie there is an access token and a refresh token."""
    outcome = await sign_in_with_password(
        runtime, email=body.email, password=body.password, device=present_device("program")
    )
    return sign_in_answer(response, runtime, outcome, runtime.clock.now())


@router.delete("/sessions/current", status_code=204, summary="Sign out")
async def end_current_session(
    response: Response, runtime: CurrentRuntime, caller: AuthSubject = signed_in()
) -> None:
    """Ends this session here at once, and in every other process within five seconds."""
    assert caller.session_id is not None  # noqa: S101 - signed_in has seen to it
    assert caller.id is not None  # noqa: S101 - a session has an account
    async with runtime.begin(own_account(caller)) as uow:
        await end_session(uow, caller.session_id, account_id=caller.id, because="signed out")
    memory(runtime).forget(caller.session_id)
    forget_session(response)
