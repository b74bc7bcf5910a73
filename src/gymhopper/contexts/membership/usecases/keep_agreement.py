"""Keep the evidence of what a person agreed to."""

from dataclasses import dataclass, field
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.agreement import Agreement, Channel
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementGiven:
    """Which versions of which texts were agreed to, and how; see `Agreement`."""

    terms: str
    privacy: str
    language: str
    channel: Channel
    mandate: str | None = None
    health_clearance: str | None = None
    early_start: bool = False
    marketing: dict[str, bool] = field(default_factory=dict)
    ip: str | None = None


def keep_agreement(
    uow: UnitOfWork, member: Member, given: AgreementGiven, *, membership_id: UUID | None = None
) -> None:
    """Write down that the member agreed now, and who took the agreement."""
    uow.add(
        Agreement(
            id=new_id(),
            organisation_id=member.organisation_id,
            person_id=member.person_id,
            member_id=member.id,
            membership_id=membership_id,
            terms=given.terms,
            privacy=given.privacy,
            language=given.language,
            channel=given.channel,
            agreed_at=uow.now,
            agreed_by=uow.subject.actor,
            mandate=given.mandate,
            health_clearance=given.health_clearance,
            early_start=given.early_start,
            marketing=dict(given.marketing),
            ip=given.ip,
        )
    )
