"""Waivers: what members sign before they train."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.membership.domain.waiver import (
    SignatureChannel,
    SignedBy,
    Waiver,
    WaiverSignature,
    WaiverState,
)
from gymhopper.contexts.membership.http.fields import Language, Line, Request
from gymhopper.contexts.membership.queries import waivers as queries
from gymhopper.contexts.membership.usecases import publish_waiver as publishing
from gymhopper.contexts.membership.usecases import sign_waiver as signing
from gymhopper.contracts.venues.api import VenuesApi
from gymhopper.kernel.errors import NotFound

router = APIRouter(tags=["waivers"])

LongText = Annotated[str, Field(min_length=1, max_length=50_000, pattern=r"^[^\x00]*$")]
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)


class NewWaiver(Request):
    """Something to be signed; its days begin and end where the legal entity is."""

    organisation_id: UUID | None = None
    legal_entity_id: UUID
    name: Line = Field(examples=["House rules"])


class NewVersion(Request):
    """A text in each language, for good. From the first day on it must be signed; before that it is
    a notice. A signature holds for some months, or without end."""

    texts: dict[Language, LongText] = Field(
        min_length=1, max_length=50, examples=[{"en": "I train at my own risk."}]
    )
    valid_for_months: int | None = Field(default=None, ge=1, le=1200)
    enforce_from: date = Field(ge=FIRST_DAY, le=LAST_DAY)


class VersionAnswer(BaseModel):
    """A version; `enforced_at` is when its first day begins."""

    number: int
    texts: dict[str, str]
    valid_for_months: int | None
    enforce_from: date
    enforced_at: datetime
    published_at: datetime


class WaiverAnswer(BaseModel):
    """A waiver with its versions, the first in front."""

    id: UUID
    organisation_id: UUID
    name: str
    zone: str
    retired_at: datetime | None
    versions: list[VersionAnswer]


class WaiverPage(Page[WaiverAnswer]):
    """Waivers, the oldest first."""


class WaiverQuery(PageQuery):
    """Whose waivers."""

    organisation_id: UUID | None = Field(
        default=None, description="For callers who act for more than one."
    )


class NewSignature(Request):
    """The version and language that were shown. At a desk `guardian_id` is the guardian, a member,
    who signs for a child."""

    number: int = Field(ge=1, le=100_000)
    language: Language
    guardian_id: UUID | None = None


class SignatureAnswer(BaseModel):
    """A signature; `text_hash` is the SHA-256 of what was signed, `actor` who was there."""

    id: UUID
    number: int
    language: str
    text_hash: str
    channel: SignatureChannel
    signed_by: SignedBy
    guardian_id: UUID | None
    actor: str
    signed_at: datetime
    until: datetime | None


class MemberWaiverAnswer(BaseModel):
    """How the member stands: while it is `required` the door is closed. `to_sign` is the version
    that waits for a signature, a notice until it is required."""

    waiver_id: UUID
    name: str
    state: WaiverState
    required: bool
    to_sign: int | None
    until: datetime | None
    signatures: list[SignatureAnswer]


class MemberWaivers(BaseModel):
    """All waivers that are signed at the member's gym."""

    items: list[MemberWaiverAnswer]


@router.post("/waivers", status_code=201, summary="Make a waiver")
async def create_waiver(
    body: NewWaiver, runtime: CurrentRuntime, caller: AuthSubject = scoped("waivers:write")
) -> WaiverAnswer:
    """Nobody has to sign it before a version is published."""
    organisation_id = await tenant(runtime, caller, body.organisation_id)
    seller = await runtime.api(VenuesApi).legal_entity(legal_entity_id=body.legal_entity_id)
    if seller is None or seller.organisation_id != organisation_id:
        raise NotFound("There is no legal entity with this id.", field="legal_entity_id")
    async with runtime.begin(caller) as uow:
        return _waiver(publishing.create_waiver(uow, seller, body.name))


@router.get("/waivers", summary="List waivers")
async def list_waivers(
    asked: Annotated[WaiverQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("waivers:read"),
) -> WaiverPage:
    """Of the caller's organisation; members see those of their gyms."""
    organisation_id = asked.organisation_id
    if caller.person_id is None and not caller.everywhere:
        organisation_id = await tenant(runtime, caller, organisation_id)
    async with runtime.read(caller) as connection:
        found = await queries.waivers(
            connection,
            organisation_id=organisation_id,
            after=asked.after(UUID),
            limit=asked.fetch,
        )
    shown, next_cursor = asked.cut(found, lambda each: each.id)
    return WaiverPage(items=[_waiver(each) for each in shown], next_cursor=next_cursor)


@router.get("/waivers/{waiver_id}", summary="Read a waiver")
async def get_waiver(
    waiver_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("waivers:read")
) -> WaiverAnswer:
    """With the texts of all its versions."""
    async with runtime.read(caller) as connection:
        return _waiver(await queries.one_waiver(connection, waiver_id))


@router.post(
    "/waivers/{waiver_id}/versions", status_code=201, summary="Publish a version of a waiver"
)
async def publish_waiver(
    waiver_id: UUID,
    body: NewVersion,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("waivers:write"),
) -> WaiverAnswer:
    """It cannot be changed any more; whoever signed an earlier one signs again."""
    async with runtime.begin(caller) as uow:
        waiver = await publishing.publish_waiver(
            uow,
            waiver_id,
            texts=dict(body.texts),
            valid_months=body.valid_for_months,
            enforce_from=body.enforce_from,
        )
        return _waiver(waiver)


@router.post("/waivers/{waiver_id}/retire", summary="Have a waiver signed no more")
async def retire_waiver(
    waiver_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("waivers:write")
) -> WaiverAnswer:
    """It closes no door from now on. Signatures are kept."""
    async with runtime.begin(caller) as uow:
        return _waiver(await publishing.retire_waiver(uow, waiver_id))


@router.get("/members/{member_id}/waivers", summary="List how a member stands with waivers")
async def list_member_waivers(
    member_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("waivers:read")
) -> MemberWaivers:
    """Unsigned, signed or expired, and what waits for a signature."""
    async with runtime.read(caller) as connection:
        found = await queries.member_waivers(connection, member_id, runtime.clock.now())
    return MemberWaivers(
        items=[
            MemberWaiverAnswer(
                waiver_id=each.waiver.id,
                name=each.waiver.name,
                state=each.standing.state,
                required=each.standing.required,
                to_sign=each.standing.to_sign,
                until=each.standing.until,
                signatures=[_signature(one) for one in each.signatures],
            )
            for each in found
        ]
    )


@router.post(
    "/members/{member_id}/waivers/{waiver_id}/signatures",
    status_code=201,
    summary="Sign a waiver",
)
async def sign_waiver(
    member_id: UUID,
    waiver_id: UUID,
    body: NewSignature,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("signatures:write"),
) -> SignatureAnswer:
    """Oneself, or for the child for whom one acts; or at the desk, whose employee is the witness.
    The door lets in at the next scan."""
    command = signing.SignWaiver(
        number=body.number, language=body.language, guardian_id=body.guardian_id
    )
    async with runtime.begin(caller) as uow:
        return _signature(await signing.sign_waiver(uow, member_id, waiver_id, command))


def _waiver(found: Waiver) -> WaiverAnswer:
    return WaiverAnswer(
        id=found.id,
        organisation_id=found.organisation_id,
        name=found.name,
        zone=found.zone,
        retired_at=found.retired_at,
        versions=[
            VersionAnswer(
                number=each.number,
                texts=each.texts,
                valid_for_months=each.valid_months,
                enforce_from=each.enforce_from,
                enforced_at=each.enforced_at,
                published_at=each.published_at,
            )
            for each in found.versions
        ],
    )


def _signature(found: WaiverSignature) -> SignatureAnswer:
    return SignatureAnswer(
        id=found.id,
        number=found.number,
        language=found.language,
        text_hash=found.text_hash,
        channel=found.channel,
        signed_by=found.signed_by,
        guardian_id=found.guardian_member_id,
        actor=found.actor,
        signed_at=found.signed_at,
        until=found.until,
    )
