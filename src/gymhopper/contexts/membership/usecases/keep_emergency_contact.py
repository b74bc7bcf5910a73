"""Keep whom to call when something happens to a member."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.emergency import EmergencyContact, SealedEmergencyContact
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.person import DataKey, Person
from gymhopper.contexts.membership.storage.sealing import EMERGENCY, EmergencySeal


async def keep_emergency_contact(
    uow: UnitOfWork, member_id: UUID, contact: EmergencyContact, expected: Expected = ANY
) -> int:
    """Replace the member's emergency contact; returns its version.

    Raises VersionMismatch when it is another version than expected; 0 is that of none.
    """
    member = await uow.get(Member, member_id)
    kept = await uow.session.get(SealedEmergencyContact, member_id, populate_existing=True)
    # The person's row is held: gyms that do this at once must not make two keys.
    person = await uow.get(Person, member.person_id)
    seal = EmergencySeal(uow.runtime.secrets)
    key = person.key(EMERGENCY)
    if key is None:
        key = DataKey(person.id, EMERGENCY, seal.new_key(person.id))
        person.keys.append(key)
    sealed = seal.seal(person.id, member.id, key.wrapped, contact)
    if kept is None:
        expected.require(_Nothing())
        uow.add(
            SealedEmergencyContact(
                id=member.id,
                organisation_id=member.organisation_id,
                person_id=person.id,
                sealed=sealed,
                changed_at=uow.now,
            )
        )
        return 1
    expected.require(kept)
    kept.sealed, kept.changed_at = sealed, uow.now
    kept.version += 1
    return kept.version


async def delete_emergency_contact(uow: UnitOfWork, member_id: UUID) -> None:
    """Forget it; NotFound when there is none."""
    await uow.get(Member, member_id)
    await uow.session.delete(await uow.get(SealedEmergencyContact, member_id))


@dataclass(frozen=True, slots=True)
class _Nothing:
    """What is there where nothing is kept yet."""

    version: int = 0
