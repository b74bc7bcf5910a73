"""The account of whoever calls."""

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, signed_in
from gymhopper.contexts.identity.http import fields
from gymhopper.contexts.identity.http.accounts import MailSent
from gymhopper.contexts.identity.http.acting_answers import (
    Acting,
    MayActFor,
    acting_now,
    choices,
)
from gymhopper.contexts.identity.http.device_cookie import read_device
from gymhopper.contexts.identity.http.devices import present_device
from gymhopper.contexts.identity.queries import accounts as queries
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import account_of
from gymhopper.contexts.identity.usecases.change_email import change_email
from gymhopper.contexts.identity.usecases.change_password import change_password
from gymhopper.contexts.identity.usecases.prove_again import Proof

router = APIRouter(tags=["account"])


class AccountAnswer(BaseModel):
    """An account, as its holder sees it."""

    id: UUID
    email: str | None = Field(
        description="Null for who came from a provider that is not trusted with addresses."
    )
    name: str | None
    confirmed: bool = Field(description="Whether the address was shown to be the holder's.")
    has_password: bool
    administrator: bool = Field(description="Acts for the whole platform.")
    language: str


class Me(BaseModel):
    """Who calls, for whom, and for whom else they may."""

    account: AccountAnswer
    acting: Acting
    may_act_for: MayActFor


class Proven(fields.Request):
    """A change with the proof that it is you: the present password, or a second factor's code."""

    current_password: fields.Password | None = None
    code: fields.Code | None = None

    def proof(self) -> Proof | None:
        """As the use case takes it; None when nothing was given."""
        if self.current_password is None and self.code is None:
            return None
        return Proof(password=self.current_password, code=self.code)


class PasswordChange(Proven):
    """A new password."""

    password: fields.Password = Field(description="At least ten characters, not a common one.")


class EmailChange(Proven):
    """A new address."""

    email: fields.Email


@router.get("/me", summary="Read your account")
async def get_me(runtime: CurrentRuntime, caller: AuthSubject = signed_in()) -> Me:
    """The account that is signed in, and what `PUT /sessions/current/acting` may choose."""
    async with runtime.read(SERVICE) as connection:
        found = await queries.account_details(
            connection, account_of(caller), AddressSeal(runtime.secrets)
        )
    may_act_for = await choices(runtime, account_of(caller))
    return Me(
        account=AccountAnswer.model_validate(found, from_attributes=True),
        acting=await acting_now(runtime, caller, may_act_for),
        may_act_for=may_act_for,
    )


@router.put("/me/password", status_code=204, summary="Change your password")
async def put_my_password(
    body: PasswordChange,
    request: Request,
    runtime: CurrentRuntime,
    caller: AuthSubject = signed_in(),
) -> None:
    """Needs the present password, or a code of your second factor. All other devices are signed
    out. An account without a password gets one by a link: `POST /accounts/password-resets`."""
    await change_password(
        runtime,
        caller,
        proof=body.proof(),
        password=body.password,
        device_id=read_device(request, runtime.secrets),
    )


@router.put("/me/email", status_code=202, summary="Change your address")
async def put_my_email(
    body: EmailChange,
    request: Request,
    runtime: CurrentRuntime,
    caller: AuthSubject = signed_in(),
) -> MailSent:
    """Sends a link to the new address, which makes the change, and a notice to the old one. Needs a
    proof when you signed in more than ten minutes ago."""
    await change_email(
        runtime,
        caller,
        proof=body.proof(),
        email=body.email,
        device=present_device("browser", request, runtime),
    )
    return MailSent()
