"""Change what is known of a member's person."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.person import Contact, Person
from gymhopper.contexts.membership.storage.sealing import ContactSeal


async def update_profile(
    uow: UnitOfWork, member_id: UUID, *, first_name: str, last_name: str, contact: Contact
) -> None:
    """Replace names and contact data; what is not given any more is gone."""
    member = await uow.get(Member, member_id)
    person = await uow.get(Person, member.person_id)
    person.first_name = first_name
    person.last_name = last_name
    person.sealed = ContactSeal(uow.runtime.secrets).seal(person.id, contact)
    person.version += 1
