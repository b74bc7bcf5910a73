"""Passkeys: registering them, looking after them, and signing in with one."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, signed_in
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.identity.http import fields
from gymhopper.contexts.identity.http.devices import OwnBrowser, present_device
from gymhopper.contexts.identity.http.factors import Proof
from gymhopper.contexts.identity.http.signing_in import SignInAnswer, sign_in_answer
from gymhopper.contexts.identity.queries import accounts, passkeys
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import account_of, own_account
from gymhopper.contexts.identity.usecases import own_passkeys
from gymhopper.contexts.identity.usecases.add_passkey import NewPasskey, add_passkey, begin_passkey
from gymhopper.contexts.identity.usecases.prove_again import prove_again, prove_to_remove
from gymhopper.contexts.identity.usecases.sign_in_with_passkey import (
    begin_passkey_sign_in,
    sign_in_with_passkey,
)

router = APIRouter(tags=["passkeys"])

Bytes = Annotated[str, StringConstraints(max_length=100_000, pattern=r"^[A-Za-z0-9_-]*$"), Field()]
"""Base64url without padding, as WebAuthn's JSON has it."""

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
    Field(examples=["My phone"]),
]


class FromBrowser(BaseModel):
    """A part of what a browser's `toJSON()` makes; browsers add to it as the standard grows."""

    model_config = ConfigDict(extra="ignore")


class Attestation(FromBrowser):
    """What the device says of the key that it made."""

    clientDataJSON: Bytes  # noqa: N815 - WebAuthn's own name
    attestationObject: Bytes  # noqa: N815 - WebAuthn's own name
    transports: list[Annotated[str, StringConstraints(max_length=20)]] = Field(
        default_factory=list, max_length=10
    )


class Assertion(FromBrowser):
    """What the device signed."""

    clientDataJSON: Bytes  # noqa: N815 - WebAuthn's own name
    authenticatorData: Bytes  # noqa: N815 - WebAuthn's own name
    signature: Bytes
    userHandle: Bytes | None = None  # noqa: N815 - WebAuthn's own name


class RegistrationCredential(FromBrowser):
    """`RegistrationResponseJSON` of WebAuthn."""

    id: Bytes
    rawId: Bytes  # noqa: N815 - WebAuthn's own name
    type: Literal["public-key"]
    response: Attestation


class SignInCredential(FromBrowser):
    """`AuthenticationResponseJSON` of WebAuthn."""

    id: Bytes
    rawId: Bytes  # noqa: N815 - WebAuthn's own name
    type: Literal["public-key"]
    response: Assertion


class PasskeyRegistration(fields.Request):
    """A key that the browser's `navigator.credentials.create()` gave."""

    credential: RegistrationCredential
    name: Name | None = Field(default=None, description="The device's, if not given.")


class PasskeySignIn(fields.Request):
    """What the browser's `navigator.credentials.get()` gave."""

    credential: SignInCredential


class PasskeyName(fields.Request):
    """What to call it."""

    name: Name


class PasskeyOptions(BaseModel):
    """For `PublicKeyCredential.parseCreationOptionsFromJSON`, or its sister for sign-ins."""

    options: dict[str, Any] = Field(examples=[{"challenge": "...", "rpId": "gym.example.com"}])


class PasskeyAnswer(BaseModel):
    """A passkey."""

    id: UUID
    name: str
    backed_up: bool = Field(description="Kept by the maker of the device, on all your devices.")
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None
    suspect_since: AwareDatetime | None = Field(
        description="Set when it seems to have been copied; it opens nothing since. Remove it."
    )


class Passkeys(BaseModel):
    """All of an account."""

    items: list[PasskeyAnswer]


@router.post("/me/passkeys/options", status_code=201, summary="Begin to register a passkey")
async def begin_passkey_registration(
    response: Response,
    runtime: CurrentRuntime,
    body: Proof | None = None,
    caller: AuthSubject = signed_in(),
) -> PasskeyOptions:
    """Good for five minutes, once. Needs a proof when you signed in more than ten minutes ago."""
    account_id = await prove_again(
        runtime, caller, body.given() if body else None, young_session_will_do=True
    )
    async with runtime.read(SERVICE) as connection:
        seal = AddressSeal(runtime.secrets)
        found = await accounts.account_details(connection, account_id, seal)
    async with runtime.begin(own_account(caller)) as uow:
        options = await begin_passkey(uow, account_id, holder=found.email or str(account_id))
    response.headers["Cache-Control"] = "no-store"
    return PasskeyOptions(options=options)


@router.post("/me/passkeys", status_code=201, summary="Register a passkey")
async def create_passkey(
    body: PasskeyRegistration,
    request: Request,
    runtime: CurrentRuntime,
    caller: AuthSubject = signed_in(),
) -> PasskeyAnswer:
    """From now on it signs in, without a password and without a code."""
    made = await add_passkey(
        runtime,
        caller,
        NewPasskey(
            credential=body.credential.model_dump(),
            transports=tuple(body.credential.response.transports),
            name=body.name or present_device("browser", request, runtime).name,
        ),
    )
    return PasskeyAnswer.model_validate(made, from_attributes=True)


@router.get("/me/passkeys", summary="List your passkeys")
async def list_passkeys(runtime: CurrentRuntime, caller: AuthSubject = signed_in()) -> Passkeys:
    """Oldest first."""
    async with runtime.read(SERVICE) as connection:
        found = await passkeys.passkeys_of(connection, account_of(caller))
    return Passkeys(
        items=[PasskeyAnswer.model_validate(each, from_attributes=True) for each in found]
    )


@router.put("/me/passkeys/{passkey_id}", summary="Rename a passkey")
async def rename_passkey(
    passkey_id: UUID,
    body: PasskeyName,
    runtime: CurrentRuntime,
    caller: AuthSubject = signed_in(),
) -> PasskeyAnswer:
    """Only the name changes."""
    async with runtime.begin(own_account(caller)) as uow:
        found = await own_passkeys.rename_passkey(uow, passkey_id, account_of(caller), body.name)
        return PasskeyAnswer.model_validate(found, from_attributes=True)


@router.delete("/me/passkeys/{passkey_id}", status_code=204, summary="Remove a passkey")
async def delete_passkey(
    passkey_id: UUID,
    runtime: CurrentRuntime,
    body: Proof | None = None,
    caller: AuthSubject = signed_in(),
) -> None:
    """It opens nothing from now on, unless it is the only way into your account. Remove it from the
    device as well.

    Needs a proof; of an account without a password and an app, to have signed in within ten
    minutes."""
    given = body.given() if body else None
    account_id = await prove_to_remove(runtime, caller, given)
    async with runtime.begin(own_account(caller)) as uow:
        await own_passkeys.remove_passkey(uow, passkey_id, account_id)


@router.post(
    "/sessions/passkey/options", status_code=201, summary="Begin to sign in with a passkey"
)
async def begin_passkey_session(
    response: Response, runtime: CurrentRuntime, _: AuthSubject = public()
) -> PasskeyOptions:
    """The same for everybody: which accounts have passkeys is not told. Good for five minutes."""
    async with runtime.begin(SERVICE) as uow:
        options = await begin_passkey_sign_in(uow)
    response.headers["Cache-Control"] = "no-store"
    return PasskeyOptions(options=options)


@router.post(
    "/sessions/passkey",
    status_code=201,
    summary="Sign in with a passkey",
    responses=refuses(401, 403),
    dependencies=[limited("sign_in")],
)
async def create_passkey_session(
    body: PasskeySignIn,
    device: OwnBrowser,
    response: Response,
    runtime: CurrentRuntime,
    _: AuthSubject = public(),
) -> SignInAnswer:
    """Sets the session cookie. No second factor is asked for: the device has verified you."""
    outcome = await sign_in_with_passkey(
        runtime,
        body.credential.model_dump(exclude_none=True),
        device=device,
    )
    return sign_in_answer(response, runtime, outcome, runtime.clock.now())
