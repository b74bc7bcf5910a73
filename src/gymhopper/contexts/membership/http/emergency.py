"""Whom to call when something happens to a member."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.contexts.membership.domain.emergency import EmergencyContact
from gymhopper.contexts.membership.http.fields import Line, Request
from gymhopper.contexts.membership.queries.emergency import kept_emergency_contact
from gymhopper.contexts.membership.usecases import keep_emergency_contact as keeping

router = APIRouter(prefix="/members/{member_id}/emergency-contact", tags=["members"])


class EmergencyContactField(Request):
    """Another human being, and what they are to the member."""

    name: Line
    phone: str = Field(pattern=r"^\+?[0-9][0-9 ()./-]{3,30}$", examples=["+43 660 1234567"])
    relation: Line | None = Field(default=None, examples=["sister"])


@router.get("", summary="Read a member's emergency contact")
async def get_emergency_contact(
    member_id: UUID,
    runtime: CurrentRuntime,
    response: Response,
    caller: AuthSubject = scoped("members:read"),
) -> EmergencyContactField:
    """The member is told who looked."""
    async with runtime.read(caller) as connection:
        found = await kept_emergency_contact(connection, member_id, runtime.secrets)
    await runtime.looked_at(
        caller,
        found.person_id,
        ("membership.emergency_contact", member_id),
        organisation_id=found.organisation_id,
    )
    set_etag(response, found.version)
    contact = found.contact
    return EmergencyContactField(name=contact.name, phone=contact.phone, relation=contact.relation)


@router.put("", summary="Set a member's emergency contact")
async def put_emergency_contact(
    member_id: UUID,
    body: EmergencyContactField,
    runtime: CurrentRuntime,
    response: Response,
    expected: IfMatch,
    caller: AuthSubject = scoped("profiles:write"),
) -> EmergencyContactField:
    """Each gym keeps one of its own; this replaces it."""
    contact = EmergencyContact(name=body.name, phone=body.phone, relation=body.relation)
    async with runtime.begin(caller) as uow:
        version = await keeping.keep_emergency_contact(uow, member_id, contact, expected)
    set_etag(response, version)
    return body


@router.delete("", status_code=204, summary="Delete a member's emergency contact")
async def delete_emergency_contact(
    member_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("profiles:write"),
) -> None:
    """It is gone for good."""
    async with runtime.begin(caller) as uow:
        await keeping.delete_emergency_contact(uow, member_id)
