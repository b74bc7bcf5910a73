"""Authenticator apps, recovery codes, and the second step of a sign-in."""

from typing import Annotated, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints, model_validator

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, signed_in
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.identity.http import fields
from gymhopper.contexts.identity.http.devices import OwnBrowser
from gymhopper.contexts.identity.http.signing_in import SignInAnswer, sign_in_answer
from gymhopper.contexts.identity.queries import accounts as queries
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import account_of, own_account
from gymhopper.contexts.identity.usecases import prove_again
from gymhopper.contexts.identity.usecases.confirm_totp import confirm_totp
from gymhopper.contexts.identity.usecases.note_failure import failures_noted
from gymhopper.contexts.identity.usecases.prove_second_factor import (
    WrongCode,
    prove_second_factor,
)
from gymhopper.contexts.identity.usecases.remove_totp import remove_totp
from gymhopper.contexts.identity.usecases.renew_recovery_codes import renew_recovery_codes
from gymhopper.contexts.identity.usecases.set_up_totp import set_up_totp

router = APIRouter(tags=["second factors"])

Code = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=6, max_length=40), Field()
]


class Proof(fields.Request):
    """That it is still you: the account's password, or a code of its app or from its paper."""

    password: fields.Password | None = None
    code: Code | None = Field(default=None, examples=["492039"])

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.password is None) == (self.code is None):
            raise ValueError("send either the password or a code")
        return self

    def given(self) -> prove_again.Proof:
        """As the use case takes it."""
        return prove_again.Proof(password=self.password, code=self.code)


class TotpSetupAnswer(BaseModel):
    """What goes into the app: the address as a QR code, or the secret by hand."""

    secret: str = Field(examples=["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"])
    uri: str = Field(examples=["otpauth://totp/Gymhopper:ada%40example.com?secret=..."])


class TotpCode(fields.Request):
    """What the app shows now."""

    code: Code = Field(examples=["492039"])


class RecoveryCodes(BaseModel):
    """Codes to keep on paper, each good once. They are not shown again."""

    codes: list[str] = Field(examples=[["4h7kq-9mw2t", "x3d8p-c5vna"]])


class SecondFactorProof(fields.Request):
    """A code for the sign-in that waits."""

    pending: str = Field(max_length=200, description="From the answer to the first factor.")
    code: Code = Field(examples=["492039"])


@router.post(
    "/sessions/second-factor",
    status_code=201,
    summary="Finish a sign-in with a code",
    responses=refuses(401, 403),
    dependencies=[limited("sign_in")],
)
async def prove_sign_in(
    body: SecondFactorProof,
    device: OwnBrowser,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """A code of the app or a recovery code. After five wrong ones the sign-in begins anew.

    Answers as the first step would have: with a cookie for a browser, with tokens for a program.
    """
    async with failures_noted(runtime, "second_factor"), runtime.begin(SERVICE) as uow:
        outcome = await prove_second_factor(uow, body.pending, body.code, device=device)
    if isinstance(outcome, WrongCode):
        raise outcome
    return sign_in_answer(response, runtime, outcome, runtime.clock.now())


@router.post("/me/totp", status_code=201, summary="Begin to use an authenticator app")
async def begin_totp(
    response: Response,
    runtime: CurrentRuntime,
    body: Proof | None = None,
    caller: AuthSubject = signed_in(),
) -> TotpSetupAnswer:
    """Changes nothing until the app has shown a code. Needs a proof when you signed in more than
    ten minutes ago."""
    account_id = await prove_again.prove_again(
        runtime, caller, body.given() if body else None, young_session_will_do=True
    )
    async with runtime.read(SERVICE) as connection:
        seal = AddressSeal(runtime.secrets)
        found = await queries.account_details(connection, account_id, seal)
    async with runtime.begin(own_account(caller)) as uow:
        setup = await set_up_totp(uow, account_id, holder=found.email or str(account_id))
    response.headers["Cache-Control"] = "no-store"
    return TotpSetupAnswer(secret=setup.secret, uri=setup.uri)


@router.post("/me/totp/confirm", summary="Take the authenticator app into use")
async def confirm_totp_code(
    body: TotpCode,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = signed_in(),
) -> RecoveryCodes:
    """With a right code the app counts from now on, and there are ten recovery codes."""
    async with runtime.begin(own_account(caller)) as uow:
        codes = await confirm_totp(uow, account_of(caller), body.code)
    response.headers["Cache-Control"] = "no-store"
    return RecoveryCodes(codes=list(codes))


@router.post("/me/recovery-codes", status_code=201, summary="Make new recovery codes")
async def create_recovery_codes(
    body: Proof,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = signed_in(),
) -> RecoveryCodes:
    """Those made before are worth nothing from now on."""
    account_id = await prove_again.prove_again(
        runtime, caller, body.given(), young_session_will_do=False
    )
    async with runtime.begin(own_account(caller)) as uow:
        codes = await renew_recovery_codes(uow, account_id)
    response.headers["Cache-Control"] = "no-store"
    return RecoveryCodes(codes=list(codes))


@router.delete("/me/totp", status_code=204, summary="Give up the authenticator app")
async def delete_totp(
    body: Proof, runtime: CurrentRuntime, caller: AuthSubject = signed_in()
) -> None:
    """The recovery codes go with it; from now on one factor is enough."""
    account_id = await prove_again.prove_again(
        runtime, caller, body.given(), young_session_will_do=False
    )
    async with runtime.begin(own_account(caller)) as uow:
        await remove_totp(uow, account_id)
