"""Take over people whose membership has been running elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.person import Contact, Person
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.storage import people_tables, tables
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven, keep_agreement
from gymhopper.contexts.membership.usecases.publish import END_REACHED
from gymhopper.contexts.membership.usecases.purchase_membership import sell
from gymhopper.contexts.membership.usecases.register_member import next_numbers, record_registration
from gymhopper.kernel.calendar import start_of_day
from gymhopper.kernel.errors import InvalidInput, NotFound
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.period import Period

TAKEN_OVER = "taken over"
"""The text versions of an agreement that was made with another system's texts."""

NO_CONTACT = Contact()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMember:
    """A person with a running membership, as another system knew them.

    `external_ref` names the member there and is unique at the organisation. The membership runs
    since the local day `since`, was sold at the plan's price `price_id`, and is paid until
    `paid_until`.
    """

    external_ref: str
    first_name: str
    last_name: str
    plan_id: UUID
    price_id: UUID
    since: date
    paid_until: datetime
    contact: Contact = NO_CONTACT
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What became of one row: the ids it has now, and whether it was imported before."""

    external_ref: str
    member_id: UUID
    person_id: UUID
    membership_id: UUID | None
    already_there: bool


async def import_members(
    uow: UnitOfWork, organisation_id: UUID, rows: Sequence[ImportedMember]
) -> list[ImportOutcome]:
    """Register these people with their running memberships; a few hundred at a time.

    Outcomes are in the order of the rows. A row whose `external_ref` the organisation already has
    changes nothing, so that an import can be repeated. Raises NotFound for a plan or price that
    the organisation does not have, InvalidInput for a reference that occurs twice or a paid time
    that ends before the membership began; nothing is imported then.
    """
    known = await _known(uow, organisation_id, rows)
    fresh = [row for row in rows if row.external_ref not in known]
    sold = await _offers(uow, organisation_id, fresh)
    numbers = await next_numbers(uow, organisation_id, len(fresh)) if fresh else []
    seal = ContactSeal(uow.runtime.secrets)
    taken = [
        _take_over(uow, seal, organisation_id, row, number, *sold[row.price_id])
        for row, number in zip(fresh, numbers, strict=True)
    ]
    # Each table in turn, so that what refers comes after what is referred to, in one batch each.
    for table in zip(*taken, strict=True):
        uow.session.add_all(table)
        await uow.session.flush()
    for row, (_, member, membership) in zip(fresh, taken, strict=True):
        keep_agreement(
            uow,
            member,
            AgreementGiven(
                terms=TAKEN_OVER, privacy=TAKEN_OVER, language=row.language, channel="import"
            ),
            membership_id=membership.id,
        )
        if membership.end is not None and membership.contract != "ended":
            await uow.schedule(END_REACHED, str(membership.id), membership.end)
        known[row.external_ref] = ImportOutcome(
            external_ref=row.external_ref,
            member_id=member.id,
            person_id=member.person_id,
            membership_id=membership.id,
            already_there=False,
        )
    await uow.flush()
    return [known[row.external_ref] for row in rows]


def _take_over(
    uow: UnitOfWork,
    seal: ContactSeal,
    organisation_id: UUID,
    row: ImportedMember,
    number: str,
    plan: Plan,
    price: Price,
) -> tuple[Person, Member, Membership]:
    since = start_of_day(row.since, plan.zone)
    if row.paid_until < since:
        raise InvalidInput("It is paid until before it began.", field="paid_until")
    person = Person(
        id=new_id(),
        first_name=row.first_name,
        last_name=row.last_name,
        created_at=uow.now,
        version=1,
    )
    person.keep(seal.seal(person.id, row.contact))
    member = Member(
        id=new_id(),
        organisation_id=organisation_id,
        person_id=person.id,
        number=number,
        registered_at=since,
        external_ref=row.external_ref,
    )
    record_registration(uow, member)
    membership = sell(uow, member, plan, price, row.since)
    activated = membership.receive_payment(Period(since, row.paid_until), uow.now)
    if activated is not None:
        uow.record(membership, activated, organisation_id=organisation_id)
    return person, member, membership


async def _known(
    uow: UnitOfWork, organisation_id: UUID, rows: Sequence[ImportedMember]
) -> dict[str, ImportOutcome]:
    """What earlier imports made of these references; of one who was merged, the survivor."""
    references = [row.external_ref for row in rows]
    if len(set(references)) < len(references):
        raise InvalidInput("A reference occurs twice.", field="external_ref")
    member, membership = tables.member.c, tables.membership.c
    merged = people_tables.merged_member.c
    first = (
        select(membership.id)
        .where(membership.member_id == member.id)
        .order_by(membership.id)
        .limit(1)
        .scalar_subquery()
    )
    found = await uow.connection.execute(
        select(member.external_ref, member.id, member.person_id, first.label("membership_id"))
        .where(member.organisation_id == organisation_id)
        .where(member.external_ref.in_(references))
        .union(
            select(merged.external_ref, member.id, member.person_id, first.label("membership_id"))
            .where(merged.into_member_id == member.id)
            .where(merged.organisation_id == organisation_id)
            .where(merged.external_ref.in_(references))
        )
    )
    return {
        row.external_ref: ImportOutcome(
            external_ref=row.external_ref,
            member_id=row.id,
            person_id=row.person_id,
            membership_id=row.membership_id,
            already_there=True,
        )
        for row in found
    }


async def _offers(
    uow: UnitOfWork, organisation_id: UUID, rows: Sequence[ImportedMember]
) -> dict[UUID, tuple[Plan, Price]]:
    """Plan and price of the rows, by the price's id."""
    offers: dict[UUID, tuple[Plan, Price]] = {}
    for price_id, plan_id in {(row.price_id, row.plan_id) for row in rows}:
        plan = await uow.session.get(Plan, plan_id)
        if plan is None or plan.organisation_id != organisation_id:
            raise NotFound("There is no plan with this id.", field="plan_id")
        price = await uow.session.get(Price, price_id)
        if price is None or price.plan_id != plan_id:
            raise NotFound("The plan has no price with this id.", field="price_id")
        offers[price_id] = plan, price
    return offers
