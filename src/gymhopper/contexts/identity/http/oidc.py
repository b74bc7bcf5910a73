"""Signing in at an OpenID Connect provider, in a browser."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, signed_in
from gymhopper.chassis.http.cookies import read_session
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.oidc_attempt import Attempt, local_path
from gymhopper.contexts.identity.gateways.oidc import (
    Identity,
    Provider,
    SignInRefused,
    oidc_providers,
)
from gymhopper.contexts.identity.http import fields
from gymhopper.contexts.identity.http.devices import present_device
from gymhopper.contexts.identity.http.factors import Proof
from gymhopper.contexts.identity.http.forms import page
from gymhopper.contexts.identity.http.oidc_cookie import (
    forget_attempt,
    keep_attempt,
    read_attempt,
)
from gymhopper.contexts.identity.http.signing_in import sign_in_answer
from gymhopper.contexts.identity.queries.oidc_subjects import subjects_of
from gymhopper.contexts.identity.subjects import account_of, account_subject, own_account
from gymhopper.contexts.identity.usecases import remove_oidc_subject
from gymhopper.contexts.identity.usecases.note_failure import failures_noted
from gymhopper.contexts.identity.usecases.prove_again import prove_again, prove_to_remove
from gymhopper.contexts.identity.usecases.sign_in_with_oidc import (
    add_oidc_subject,
    sign_in_with_oidc,
)
from gymhopper.contracts.identity.api import IdentityApi
from gymhopper.kernel.errors import GymhopperError, NotFound

router = APIRouter(tags=["sign-in providers"])

SEE_OTHER = 303
REDIRECTS: dict[int | str, dict[str, object]] = {SEE_OTHER: {"description": "Go there."}}

ReturnTo = Annotated[str, Query(max_length=500, description="A path of this site.")]
Short = Annotated[str, Query(max_length=2000)]


class OidcProviderAnswer(BaseModel):
    """A provider that people may sign in at."""

    name: str = Field(examples=["acme"])
    label: str = Field(description="What the button says.", examples=["Acme staff"])


class OidcProviders(BaseModel):
    """All of them."""

    items: list[OidcProviderAnswer]


class LinkedProvider(BaseModel):
    """A provider that signs you in."""

    id: UUID
    provider: str | None = Field(description="Null when it is not set up any more.")
    created_at: AwareDatetime
    last_used_at: AwareDatetime


class LinkedProviders(BaseModel):
    """All of your account."""

    items: list[LinkedProvider]


class NewLink(fields.Request):
    """Which one, and where to come back to; a proof if you signed in over ten minutes ago."""

    provider: str = Field(
        max_length=100, description="Its name in the list of providers.", examples=["acme"]
    )
    return_to: str = Field(default="/", max_length=500, examples=["/account"])
    proof: Proof | None = None


class GoThere(BaseModel):
    """Where to send the browser."""

    location: str


@router.get("/sign-in/oidc", summary="List sign-in providers")
async def list_oidc_providers(runtime: CurrentRuntime, _: AuthSubject = public()) -> OidcProviders:
    """For the buttons of a sign-in page."""
    return OidcProviders(
        items=[
            OidcProviderAnswer(name=each.name, label=each.label)
            for each in oidc_providers(runtime).all()
        ]
    )


@router.get(
    "/sign-in/oidc/{provider}",
    status_code=SEE_OTHER,
    response_class=RedirectResponse,
    responses=REDIRECTS,
    summary="Sign in at a provider",
)
async def begin_oidc_sign_in(
    provider: str, runtime: CurrentRuntime, return_to: ReturnTo = "/", _: AuthSubject = public()
) -> Response:
    """Sends the browser to the provider, from where it comes back to `return_to`."""
    attempt = Attempt.new(provider, local_path(return_to), runtime.clock.now())
    url = await _named(runtime, provider).authorization_url(attempt, _back(runtime, provider))
    response = RedirectResponse(url, SEE_OTHER, {"Cache-Control": "no-store"})
    keep_attempt(response, runtime, attempt)
    return response


@router.get(
    "/sign-in/oidc/{provider}/callback",
    status_code=SEE_OTHER,
    response_class=RedirectResponse,
    responses=REDIRECTS | refuses(401, 409),
    summary="Come back from a provider",
    dependencies=[limited("sign_in")],
)
async def finish_oidc_sign_in(
    provider: str,
    request: Request,
    runtime: CurrentRuntime,
    state: Short = "",
    code: Short = "",
    iss: Short | None = None,
    _: AuthSubject = public(),
) -> Response:
    """Where the provider sends the browser. Sets the session cookie and goes on to `return_to`.

    What went wrong is told on a page to who asks for one, as browsers do.
    """
    try:
        return await _come_back(provider, request, runtime, state, code, iss)
    except GymhopperError as error:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        return page("Sign in", detail=error.detail, status=error.status)


async def _come_back(
    provider: str, request: Request, runtime: Runtime, state: str, code: str, iss: str | None
) -> Response:
    asked = _named(runtime, provider)
    attempt = read_attempt(request, runtime, state, provider, runtime.clock.now())
    async with failures_noted(runtime, "oidc"):
        if attempt is None or not code:
            raise SignInRefused
        back, now = _back(runtime, provider), runtime.clock.now()
        found = await asked.identity(attempt, code, iss, back, now)
        response = RedirectResponse(attempt.return_to, SEE_OTHER, {"Cache-Control": "no-store"})
        if attempt.account_id is None:
            await _sign_in(request, response, runtime, found, asked.settings.label)
        else:
            await _add(request, runtime, found, attempt.account_id, asked.settings.label)
    forget_attempt(response, runtime, state)
    return response


@router.get("/me/providers", summary="List the providers that sign you in")
async def list_linked_providers(
    runtime: CurrentRuntime, caller: AuthSubject = signed_in()
) -> LinkedProviders:
    """The first one first."""
    names = {each.issuer: each.name for each in oidc_providers(runtime).all()}
    async with runtime.read(own_account(caller)) as connection:
        found = await subjects_of(connection, account_of(caller))
    return LinkedProviders(
        items=[
            LinkedProvider(
                id=each.id,
                provider=names.get(each.issuer),
                created_at=each.created_at,
                last_used_at=each.last_used_at,
            )
            for each in found
        ]
    )


@router.post("/me/providers", status_code=201, summary="Add a sign-in provider")
async def link_provider(
    body: NewLink,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = signed_in(),
) -> GoThere:
    """Send this browser to the address in the answer; it comes back with the provider added."""
    asked = _named(runtime, body.provider)
    path = local_path(body.return_to)
    account_id = await prove_again(
        runtime, caller, body.proof.given() if body.proof else None, young_session_will_do=True
    )
    attempt = Attempt.new(body.provider, path, runtime.clock.now(), account_id)
    url = await asked.authorization_url(attempt, _back(runtime, body.provider))
    keep_attempt(response, runtime, attempt)
    response.headers["Cache-Control"] = "no-store"
    return GoThere(location=url)


@router.delete("/me/providers/{link_id}", status_code=204, summary="Remove a sign-in provider")
async def unlink_provider(
    link_id: UUID,
    runtime: CurrentRuntime,
    body: Proof | None = None,
    caller: AuthSubject = signed_in(),
) -> None:
    """It signs you in no more, unless it is the only way into your account.

    Needs a proof; of an account without a password and an app, to have signed in within ten
    minutes."""
    account_id = await prove_to_remove(runtime, caller, body.given() if body else None)
    async with runtime.begin(own_account(caller)) as uow:
        await remove_oidc_subject.remove_oidc_subject(uow, link_id, account_id)


async def _sign_in(
    request: Request, response: Response, runtime: Runtime, found: Identity, label: str
) -> None:
    device = present_device("browser", request, runtime)
    async with runtime.begin(SERVICE) as uow:
        outcome = await sign_in_with_oidc(uow, found, device=device, label=label)
    sign_in_answer(response, runtime, outcome, runtime.clock.now())


async def _add(
    request: Request, runtime: Runtime, found: Identity, account_id: UUID, label: str
) -> None:
    """Only in the session that asked for it: it may have ended, or be somebody else's by now."""
    token = read_session(request)
    caller = await runtime.api(IdentityApi).authenticate(token=token) if token else None
    if caller is None or caller.session_id is None or caller.id != account_id:
        raise SignInRefused
    async with runtime.begin(account_subject(account_id)) as uow:
        await add_oidc_subject(uow, found, account_id, label=label)


def _named(runtime: Runtime, name: str) -> Provider:
    found = oidc_providers(runtime).named(name)
    if found is None:
        raise NotFound("There is no sign-in provider with this name.")
    return found


def _back(runtime: Runtime, provider: str) -> str:
    return f"{runtime.public_url}/api/v1/sign-in/oidc/{provider}/callback"
