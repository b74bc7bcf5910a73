"""API keys over HTTP."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, Paged
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.identity.domain.api_key import LONGEST_OVERLAP, Kind
from gymhopper.contexts.identity.queries import api_keys as queries
from gymhopper.contexts.identity.usecases.create_api_key import CreateApiKey, create_api_key
from gymhopper.contexts.identity.usecases.revoke_api_key import revoke_api_key
from gymhopper.contexts.identity.usecases.rotate_api_key import rotate_api_key

router = APIRouter(prefix="/api-keys", tags=["api keys"])

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]


class NewApiKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["Turnstile import"])
    scopes: list[str] = Field(max_length=100, examples=[["members:read", "members:write"]])
    kind: Kind = "service"
    organisation_id: UUID | None = Field(
        default=None, description="Platform administrators say for whom; others need not."
    )
    expires_at: AwareDatetime | None = None


class ApiKey(BaseModel):
    """A key, without its secret."""

    id: UUID
    organisation_id: UUID | None = Field(description="Null for a platform administrator.")
    name: str
    kind: str
    prefix: str = Field(description="The part of the token behind `gh_`, to tell keys apart.")
    scopes: list[str]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    last_used_at: AwareDatetime | None = Field(description="Exact to the hour.")
    former_prefix: str | None = Field(description="Of the token before the last rotation.")
    former_until: AwareDatetime | None = Field(description="Until when that one goes on.")


class CreatedApiKey(ApiKey):
    """A new key with its token, which is never shown again."""

    token: str


class Rotation(BaseModel):
    """How long the old token goes on beside the new one; 0 ends it now."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: int = Field(default=24, ge=0, le=LONGEST_OVERLAP // timedelta(hours=1))


class ApiKeyPage(Page[ApiKey]):
    """Some of the keys."""


@router.post("", status_code=201, summary="Make an API key")
async def create_key(
    body: NewApiKey,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("identity:write"),
) -> CreatedApiKey:
    """The token is in this answer and nowhere else. A key gets scopes that its maker holds."""
    command = CreateApiKey(
        organisation_id=await tenant(runtime, caller, body.organisation_id),
        name=body.name,
        kind=body.kind,
        scopes=tuple(body.scopes),
        expires_at=body.expires_at,
    )
    async with runtime.begin(caller) as uow:
        created = await create_api_key(uow, command)
    response.headers["Cache-Control"] = "no-store"
    return CreatedApiKey(**_shown(created.key).model_dump(), token=created.token)


@router.get("", summary="List API keys")
async def list_keys(
    runtime: CurrentRuntime,
    page: Paged,
    caller: AuthSubject = scoped("identity:read"),
) -> ApiKeyPage:
    """The organisation's keys, oldest first, revoked ones included."""
    async with runtime.read(caller) as connection:
        found = await queries.api_keys(connection, after=page.after(UUID), limit=page.fetch)
    shown, next_cursor = page.cut(found, lambda each: each.id)
    return ApiKeyPage(items=[_shown(each) for each in shown], next_cursor=next_cursor)


@router.post("/{key_id}/rotate", summary="Give an API key a new token")
async def rotate_key(
    key_id: UUID,
    body: Rotation,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("identity:write"),
) -> CreatedApiKey:
    """The old token goes on for `overlap_hours`, so that no integration stops meanwhile.

    The key keeps its id, scopes and end. Rotating again ends the token before the last at once.
    """
    async with runtime.begin(caller) as uow:
        rotated = await rotate_api_key(uow, key_id, timedelta(hours=body.overlap_hours))
    response.headers["Cache-Control"] = "no-store"
    return CreatedApiKey(**_shown(rotated.key).model_dump(), token=rotated.token)


@router.delete("/{key_id}", status_code=204, summary="Revoke an API key")
async def revoke_key(
    key_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("identity:write")
) -> None:
    """The key opens nothing within five seconds. Revoking it again changes nothing."""
    async with runtime.begin(caller) as uow:
        await revoke_api_key(uow, key_id)


def _shown(key: queries.ApiKeyView) -> ApiKey:
    return ApiKey.model_validate(key, from_attributes=True)
