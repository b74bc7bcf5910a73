"""Take over people whose membership has been running elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.person import Contact


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
    contact: Contact = Contact()
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
    the organisation does not have; nothing is imported then.
    """
    raise NotImplementedError
