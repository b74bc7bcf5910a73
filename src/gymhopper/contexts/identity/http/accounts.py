"""Open an account, and get back into it."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.identity.http import fields
from gymhopper.contexts.identity.http.devices import OwnBrowser
from gymhopper.contexts.identity.http.signing_in import SignInAnswer, sign_in_answer
from gymhopper.contexts.identity.subjects import SOMEBODY
from gymhopper.contexts.identity.usecases import use_link
from gymhopper.contexts.identity.usecases.note_failure import failures_noted
from gymhopper.contexts.identity.usecases.password_by_link import (
    complete_registration,
    complete_reset,
)
from gymhopper.contexts.identity.usecases.request_link import request_link

router = APIRouter(tags=["account"], dependencies=[limited("sign_in")])


class Address(fields.Request):
    """Where a link is sent."""

    email: fields.Email


class Link(fields.Request):
    """The token of a link that came by mail."""

    token: fields.LinkToken


class NewPassword(Link):
    """A new password, by a link."""

    password: fields.Password = Field(description="At least ten characters, not a common one.")


class MailSent(BaseModel):
    """The same for every address: look into the mailbox."""

    status: Literal["look into your mailbox"] = "look into your mailbox"


@router.post("/accounts", status_code=202, summary="Open an account", responses=refuses(403))
async def create_account(
    body: Address, device: OwnBrowser, runtime: CurrentRuntime, _: AuthSubject = public()
) -> MailSent:
    """Sends a link to the address. The answer never tells whether it has an account already."""
    async with runtime.begin(SOMEBODY) as uow:
        await request_link(uow, "register", email=body.email, device=device)
    return MailSent()


@router.post(
    "/accounts/confirm",
    status_code=201,
    summary="Choose a password for a new account",
    responses=refuses(401, 403),
)
async def confirm_account(
    body: NewPassword,
    device: OwnBrowser,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """Opens the account whose link this is, and signs in to it. A weak password leaves the link
    good."""
    async with failures_noted(runtime, "email_link"):
        outcome = await complete_registration(
            runtime, token=body.token, password=body.password, device=device
        )
    return sign_in_answer(response, runtime, outcome, runtime.clock.now())


@router.post(
    "/sessions/links",
    status_code=202,
    summary="Ask for a link to sign in",
    responses=refuses(403),
)
async def create_sign_in_link(
    body: Address, device: OwnBrowser, runtime: CurrentRuntime, _: AuthSubject = public()
) -> MailSent:
    """Sends it if the address has an account. It is good for fifteen minutes, on any device."""
    async with runtime.begin(SOMEBODY) as uow:
        await request_link(uow, "sign_in", email=body.email, device=device)
    return MailSent()


@router.post(
    "/sessions/links/use",
    status_code=201,
    summary="Sign in with a link",
    responses=refuses(401, 403),
)
async def use_sign_in_link(
    body: Link,
    device: OwnBrowser,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """The link works once; a second factor is asked for where there is one."""
    async with failures_noted(runtime, "email_link"), runtime.begin(SOMEBODY) as uow:
        outcome = await use_link.sign_in_by_link(uow, body.token, device=device)
    return sign_in_answer(response, runtime, outcome, uow.now)


@router.post(
    "/accounts/password-resets",
    status_code=202,
    summary="Ask for a new password",
    responses=refuses(403),
)
async def create_password_reset(
    body: Address, device: OwnBrowser, runtime: CurrentRuntime, _: AuthSubject = public()
) -> MailSent:
    """Sends a link if the address has an account. It is good for one hour."""
    async with runtime.begin(SOMEBODY) as uow:
        await request_link(uow, "password", email=body.email, device=device)
    return MailSent()


@router.post(
    "/accounts/password-resets/complete",
    status_code=201,
    summary="Set a new password",
    responses=refuses(401, 403),
)
async def complete_password_reset(
    body: NewPassword,
    device: OwnBrowser,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """Signs out everywhere else, and in here. A weak password leaves the link good."""
    async with failures_noted(runtime, "email_link"):
        outcome = await complete_reset(
            runtime, token=body.token, password=body.password, device=device
        )
    return sign_in_answer(response, runtime, outcome, runtime.clock.now())


@router.post(
    "/accounts/email/confirm",
    status_code=204,
    summary="Confirm a new address",
    responses=refuses(401, 403),
)
async def confirm_email(
    body: Link, _browser: OwnBrowser, runtime: CurrentRuntime, _: AuthSubject = public()
) -> None:
    """From now on the account uses the address to which the link was sent."""
    async with failures_noted(runtime, "email_link"), runtime.begin(SOMEBODY) as uow:
        await use_link.confirm_email(uow, body.token)
