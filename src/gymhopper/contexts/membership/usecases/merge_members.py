"""Make two members of an organisation one, who are the same human being.

Only what this organisation has moves. What other gyms have of either person stays where it is, and
nothing here or in the answer tells whether there is any.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text, update

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.emergency import SealedEmergencyContact
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.merged_member import MergedMember, SameMember
from gymhopper.contexts.membership.domain.person import Person
from gymhopper.contexts.membership.storage import people_tables, tables
from gymhopper.contexts.membership.storage.moving import MOVED, move_rows
from gymhopper.contexts.membership.storage.sealing import EMERGENCY, EmergencySeal
from gymhopper.contexts.membership.storage.waiver_tables import waiver_signature
from gymhopper.contexts.membership.usecases.keep_emergency_contact import keep_emergency_contact
from gymhopper.contexts.membership.usecases.merge_families import merge_families, not_two_people
from gymhopper.contexts.membership.usecases.merge_households import merge_households
from gymhopper.contracts.membership.events import MembersMerged
from gymhopper.kernel.errors import NotFound

_MOVE_EVIDENCE = (
    text("SELECT membership.move_agreements(:merged)"),
    text("SELECT membership.move_signatures(:merged)"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What the survivor gets; `version` is the survivor's afterwards.

    `rows` counts what moves by its kind; `tags` are those that the survivor has not;
    `emergency_contact` and `external_ref` move where the survivor has none.
    """

    rows: dict[str, int]
    tags: tuple[str, ...]
    emergency_contact: bool
    external_ref: bool
    version: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """A member as answers show it: its version grows with the person's, too."""

    version: int


async def merge_members(
    uow: UnitOfWork,
    survivor_id: UUID,
    duplicate_id: UUID,
    expected: Expected = ANY,
) -> Moved:
    """Move all that the organisation has of the duplicate to the survivor; the duplicate is gone.

    Names and contact data stay the survivor's. Raises NotFound for members that are not there or
    not of one organisation, SameMember, GuardianAndDependent, and VersionMismatch when the survivor
    is another version than expected.
    """
    survivor, duplicate = await _both(uow, survivor_id, duplicate_id)
    person = await uow.session.get_one(Person, survivor.person_id)
    expected.require(_Seen(survivor.version + person.version))
    await not_two_people(uow, survivor, duplicate)
    moved = await _what_moves(uow, survivor, duplicate, person)
    await _move(uow, survivor, duplicate, moved)
    uow.record(
        survivor,
        MembersMerged(
            member_id=survivor.id,
            person_id=survivor.person_id,
            merged_member_id=duplicate.id,
            merged_person_id=duplicate.person_id,
            organisation_id=survivor.organisation_id,
        ),
        organisation_id=survivor.organisation_id,
    )
    return Moved(
        rows=moved.rows,
        tags=moved.tags,
        emergency_contact=moved.emergency_contact,
        external_ref=moved.external_ref,
        version=survivor.version + person.version,
    )


async def _both(uow: UnitOfWork, survivor_id: UUID, duplicate_id: UUID) -> tuple[Member, Member]:
    if survivor_id == duplicate_id:
        raise SameMember("This is the same member.", field="duplicate_id")
    # In one order, so that two who merge them crosswise wait for each other only once.
    held = {each: await uow.get(Member, each) for each in sorted((survivor_id, duplicate_id))}
    survivor, duplicate = held[survivor_id], held[duplicate_id]
    if survivor.organisation_id != duplicate.organisation_id:
        raise NotFound("There is no member with this id.", field="duplicate_id")
    return survivor, duplicate


async def _what_moves(
    uow: UnitOfWork, survivor: Member, duplicate: Member, person: Person
) -> Moved:
    rows = {}
    for name, table in {
        **MOVED,
        "agreements": tables.agreement,
        "signatures": waiver_signature,
    }.items():
        count = select(func.count()).where(table.c.member_id == duplicate.id)
        rows[name] = (await uow.connection.execute(count)).scalar_one()
    contact = people_tables.emergency_contact.c.id
    kept = await uow.connection.execute(
        select(contact).where(contact.in_([survivor.id, duplicate.id]))
    )
    return Moved(
        rows=rows,
        tags=tuple(sorted(set(duplicate.tags) - set(survivor.tags))),
        emergency_contact=set(kept.scalars()) == {duplicate.id},
        external_ref=duplicate.external_ref is not None and survivor.external_ref is None,
        version=survivor.version + person.version,
    )


async def _move(uow: UnitOfWork, survivor: Member, duplicate: Member, moved: Moved) -> None:
    uow.add(
        MergedMember(
            id=duplicate.id,
            organisation_id=duplicate.organisation_id,
            person_id=duplicate.person_id,
            into_member_id=survivor.id,
            into_person_id=survivor.person_id,
            number=duplicate.number,
            external_ref=duplicate.external_ref,
            registered_at=duplicate.registered_at,
            merged_at=uow.now,
            merged_by=uow.subject.actor,
        )
    )
    await uow.session.flush()
    former = people_tables.merged_member
    await uow.connection.execute(
        update(former)
        .where(former.c.into_member_id == duplicate.id)
        .values(into_member_id=survivor.id, into_person_id=survivor.person_id)
    )
    await move_rows(uow, survivor, duplicate)
    await merge_families(uow, survivor, duplicate)
    await merge_households(uow, survivor, duplicate)
    for evidence in _MOVE_EVIDENCE:
        await uow.connection.execute(evidence, {"merged": duplicate.id})
    await _move_emergency_contact(uow, survivor, duplicate, wanted=moved.emergency_contact)
    survivor.tags = sorted({*survivor.tags, *moved.tags})
    reference = duplicate.external_ref
    await uow.session.delete(duplicate)
    await uow.session.flush()
    if moved.external_ref:
        survivor.external_ref = reference


async def _move_emergency_contact(
    uow: UnitOfWork, survivor: Member, duplicate: Member, *, wanted: bool
) -> None:
    """What is sealed for one person opens for no other: it is sealed anew."""
    kept = await uow.session.get(SealedEmergencyContact, duplicate.id, with_for_update=True)
    if kept is None:
        return
    person = await uow.session.get_one(Person, duplicate.person_id)
    key = person.key(EMERGENCY)
    if wanted and key is not None:
        contact = EmergencySeal(uow.runtime.secrets).open(
            person.id, duplicate.id, key.wrapped, kept.sealed
        )
        await keep_emergency_contact(uow, survivor.id, contact)
    await uow.session.delete(kept)
    await uow.session.flush()
