"""Sign a waiver: at home oneself or for a child, or at the desk."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.guardianship import of_age
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.person import Person
from gymhopper.contexts.membership.domain.waiver import (
    GuardianNeeded,
    SignedBy,
    StaleWaiver,
    Waiver,
    WaiverIsRetired,
    WaiverSignature,
)
from gymhopper.contexts.membership.storage.people_tables import guardianship
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.contracts.membership.events import WaiverSigned
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SignWaiver:
    """Which version was shown, in which language; at a desk also which guardian signed, if one."""

    number: int
    language: str
    guardian_id: UUID | None = None


async def sign_waiver(
    uow: UnitOfWork, member_id: UUID, waiver_id: UUID, command: SignWaiver
) -> WaiverSignature:
    """Keep that the waiver was signed now.

    Raises NotFound, WaiverIsRetired, StaleWaiver when another version is the latest,
    NoSuchLanguage, and GuardianNeeded when a minor signs alone.
    """
    member = await uow.get(Member, member_id)
    waiver = await uow.session.get(Waiver, waiver_id, populate_existing=True)
    if waiver is None or waiver.organisation_id != member.organisation_id:
        raise NotFound("There is no waiver with this id.")
    if waiver.retired_at is not None:
        raise WaiverIsRetired("This waiver is signed no more.")
    shown = waiver.latest
    if shown is None or shown.number != command.number:
        raise StaleWaiver("This is not the version to be signed.", field="number")
    at_desk = uow.subject.person_id is None
    signature = WaiverSignature(
        id=new_id(),
        organisation_id=waiver.organisation_id,
        waiver_id=waiver.id,
        waiver_version_id=shown.id,
        number=shown.number,
        member_id=member.id,
        person_id=member.person_id,
        language=command.language,
        text_hash=shown.text_hash(command.language),
        channel="desk" if at_desk else "online",
        signed_by=await _signed_by(uow, member, command, at_desk=at_desk),
        guardian_member_id=command.guardian_id if at_desk else None,
        actor=uow.subject.actor,
        signed_at=uow.now,
        until=waiver.until(shown, uow.now),
    )
    uow.add(signature)
    uow.record(
        signature,
        WaiverSigned(
            signature_id=signature.id,
            waiver_id=waiver.id,
            organisation_id=waiver.organisation_id,
            number=shown.number,
            member_id=member.id,
            person_id=member.person_id,
            signed_at=signature.signed_at,
            until=signature.until,
        ),
        organisation_id=waiver.organisation_id,
    )
    return signature


async def _signed_by(
    uow: UnitOfWork, member: Member, command: SignWaiver, *, at_desk: bool
) -> SignedBy:
    of = guardianship.c
    guardians = await uow.connection.execute(
        select(of.guardian_member_id).where(
            of.dependent_member_id == member.id, of.ended_at.is_(None)
        )
    )
    known = set(guardians.scalars())
    if at_desk and command.guardian_id is not None:
        if command.guardian_id not in known:
            raise NotFound("The member has no such guardian.", field="guardian_id")
        return "guardian"
    if known and not at_desk:
        # Who is managed cannot sign in: it is a guardian who acts for the member.
        return "guardian"
    person = await uow.session.get_one(Person, member.person_id)
    born = ContactSeal(uow.runtime.secrets).birth_date(person)
    if known or (born is not None and not of_age(born, uow.now.date())):
        raise GuardianNeeded("A guardian signs for a minor.")
    return "self"
