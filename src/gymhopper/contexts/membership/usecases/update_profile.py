"""Change what is known of a member's person."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.person import Contact, Person
from gymhopper.contexts.membership.storage.sealing import ContactSeal


@dataclass(frozen=True, slots=True)
class _Seen:
    """A member as answers show it: its version grows with the person's, too."""

    version: int


async def update_profile(
    uow: UnitOfWork,
    member_id: UUID,
    *,
    first_name: str,
    last_name: str,
    contact: Contact,
    expected: Expected = ANY,
) -> None:
    """Replace names and contact data; what is not given any more is gone.

    Raises VersionMismatch when the member is another version than expected.
    """
    member = await uow.get(Member, member_id)
    person = await uow.get(Person, member.person_id)
    expected.require(_Seen(member.version + person.version))
    person.rename(first_name, last_name)
    person.keep(ContactSeal(uow.runtime.secrets).seal(person.id, contact))
    person.version += 1
