"""The account of whoever calls."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, signed_in
from gymhopper.contexts.identity.http.acting_answers import (
    Acting,
    MayActFor,
    acting_now,
    choices,
)
from gymhopper.contexts.identity.queries import accounts as queries
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import account_of

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
