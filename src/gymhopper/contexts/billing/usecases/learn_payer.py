"""Learn from membership what a payer is called and where they live."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.jobs import Deferred
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.document import Party
from gymhopper.contexts.billing.domain.payer import Addressee
from gymhopper.contexts.billing.usecases.make_out import make_out_by_default
from gymhopper.contracts.membership.api import MemberContact, MembershipApi

LEARN = "billing.learn_payer"

_WITH_ACCOUNT = text(
    "SELECT DISTINCT n.member_id FROM unnest("
    "  CAST(:members AS uuid[]), CAST(:organisations AS uuid[]), CAST(:people AS uuid[]))"
    " AS n (member_id, organisation_id, person_id)"
    " JOIN billing.billing_account AS a USING (organisation_id, person_id)"
)


@dataclass(frozen=True, slots=True)
class PayerNews:
    """Something happened to a member, who may be called or live otherwise since."""

    member_id: UUID
    organisation_id: UUID
    person_id: UUID
    correlation: str


async def defer_learning(uow: UnitOfWork, member_id: UUID) -> None:
    """Have it done after the commit: to be called where a billing account is opened."""
    await uow.defer(LEARN, member_id=str(member_id))


def hear_of_payer(
    uow: UnitOfWork, *, member_id: UUID, organisation_id: UUID, person_id: UUID
) -> None:
    """Have it done again after the commit, if the member pays for something."""
    news = PayerNews(member_id, organisation_id, person_id, correlation_id())
    uow.collect(_learn_again, news)


async def _learn_again(uow: UnitOfWork, news: Sequence[PayerNews]) -> None:
    """Members by the thousand are imported; few of them have an account from the beginning."""
    found = await uow.connection.execute(
        _WITH_ACCOUNT,
        {
            "members": [each.member_id for each in news],
            "organisations": [each.organisation_id for each in news],
            "people": [each.person_id for each in news],
        },
    )
    caused = {each.member_id: each.correlation for each in news}
    await uow.defer_many(
        LEARN,
        [
            Deferred(lock=None, arguments={"member_id": str(each)}, correlation=caused[each])
            for each in found.scalars()
        ],
    )


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
