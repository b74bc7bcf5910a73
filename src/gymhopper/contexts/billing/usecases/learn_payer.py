"""Learn from membership what a payer is called and where they live."""

from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.document import Party
from gymhopper.contexts.billing.domain.payer import Addressee
from gymhopper.contexts.billing.usecases.make_out import make_out_by_default
from gymhopper.contracts.membership.api import MemberContact, MembershipApi


async def defer_learning(uow: UnitOfWork, member_id: UUID) -> None:
    """Have it done after the commit: to be called where a billing account is opened, too."""
    await uow.defer("billing.learn_payer", member_id=str(member_id))


async def learn_payer(runtime: Runtime, member_id: UUID) -> None:
    """Ask first, then note it down; a member who is unknown changes nothing."""
    contact = await runtime.api(MembershipApi).contact(member_id=member_id)
    if contact is None or contact.name is None:
        return
    async with runtime.begin(SERVICE) as uow:
        await make_out_by_default(
            uow,
            organisation_id=contact.organisation_id,
            person_id=contact.person_id,
            addressee=Addressee(party=_party(contact)),
        )


def _party(contact: MemberContact) -> Party:
    at = contact.address
    if at is None:
        return Party(name=contact.name)
    return Party(
        name=contact.name,
        lines=at.lines,
        postal_code=at.postal_code,
        city=at.city,
        region=at.region,
        country=at.country,
    )
