"""Register a person as a member of an organisation."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.person import Contact, Person
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven, keep_agreement
from gymhopper.contracts.membership.events import MemberRegistered
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterMember:
    """Who joins which organisation, and what they agreed to."""

    organisation_id: UUID
    first_name: str
    last_name: str
    contact: Contact
    agreement: AgreementGiven


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredMember:
    """The member that came of it."""

    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    number: str


async def register_member(uow: UnitOfWork, command: RegisterMember) -> RegisteredMember:
    """Register a new person.

    It is always a new one, whoever else has the same name or address anywhere: a registration
    tells nobody whether a person is known to another gym.
    """
    member = await enter_person(
        uow, command.organisation_id, command.first_name, command.last_name, command.contact
    )
    keep_agreement(uow, member, command.agreement)
    return RegisteredMember(
        member_id=member.id,
        person_id=member.person_id,
        organisation_id=member.organisation_id,
        number=member.number,
    )


async def enter_person(
    uow: UnitOfWork, organisation_id: UUID, first_name: str, last_name: str, contact: Contact
) -> Member:
    """A new person with a new member; what they agree to is another matter."""
    person = Person(
        id=new_id(),
        first_name=first_name,
        last_name=last_name,
        created_at=uow.now,
        version=1,
    )
    person.keep(ContactSeal(uow.runtime.secrets).seal(person.id, contact))
    member = Member(
        id=new_id(),
        organisation_id=organisation_id,
        person_id=person.id,
        number=(await next_numbers(uow, organisation_id, 1))[0],
        registered_at=uow.now,
    )
    uow.add(person)
    await uow.session.flush()
    uow.add(member)
    record_registration(uow, member)
    await uow.session.flush()
    return member


def record_registration(uow: UnitOfWork, member: Member) -> None:
    """Say that the member is new."""
    registered = MemberRegistered(
        member_id=member.id,
        person_id=member.person_id,
        organisation_id=member.organisation_id,
    )
    uow.record(member, registered, organisation_id=member.organisation_id)


async def next_numbers(uow: UnitOfWork, organisation_id: UUID, count: int) -> list[str]:
    """The next member numbers of an organisation; whoever takes some waits for the one before."""
    first = insert(tables.member_number).values(organisation_id=organisation_id, last=count)
    taken = first.on_conflict_do_update(
        index_elements=[tables.member_number.c.organisation_id],
        set_={"last": tables.member_number.c.last + count},
    ).returning(tables.member_number.c.last)
    last: int = (await uow.connection.execute(taken)).scalar_one()
    return [str(number) for number in range(last - count + 1, last + 1)]
