"""Have something signed: a waiver, its versions, and its end."""

from datetime import date
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import DateOutOfRange
from gymhopper.contexts.membership.domain.waiver import Waiver, WaiverIsRetired, WaiverVersion
from gymhopper.contracts.membership.events import WaiverPublished, WaiverRetired
from gymhopper.contracts.venues.api import LegalEntity
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.ids import new_id


def create_waiver(uow: UnitOfWork, seller: LegalEntity, name: str) -> Waiver:
    """A waiver without any text yet; its days are those of the legal entity's zone."""
    waiver = Waiver(
        id=new_id(),
        organisation_id=seller.organisation_id,
        name=name,
        zone=seller.zone,
        created_at=uow.now,
        version=1,
    )
    uow.add(waiver)
    return waiver


async def publish_waiver(
    uow: UnitOfWork,
    waiver_id: UUID,
    *,
    texts: dict[str, str],
    valid_months: int | None,
    enforce_from: date,
) -> Waiver:
    """Publish the next version, for good.

    Raises DateOutOfRange for a first day that has gone by: nobody is locked out overnight.
    """
    waiver = await uow.get(Waiver, waiver_id)
    if waiver.retired_at is not None:
        raise WaiverIsRetired("This waiver is signed no more.")
    if enforce_from < local_date(uow.now, waiver.zone):
        raise DateOutOfRange("This day has gone by.", field="enforce_from")
    latest = waiver.latest
    published = WaiverVersion(
        id=new_id(),
        waiver_id=waiver.id,
        organisation_id=waiver.organisation_id,
        number=1 if latest is None else latest.number + 1,
        texts=dict(texts),
        valid_months=valid_months,
        enforce_from=enforce_from,
        enforced_at=start_of_day(enforce_from, waiver.zone),
        published_at=uow.now,
        published_by=uow.subject.actor,
    )
    waiver.versions.append(published)
    uow.record(
        waiver,
        WaiverPublished(
            waiver_id=waiver.id,
            organisation_id=waiver.organisation_id,
            number=published.number,
            enforced_at=published.enforced_at,
        ),
        organisation_id=waiver.organisation_id,
    )
    return waiver


async def retire_waiver(uow: UnitOfWork, waiver_id: UUID) -> Waiver:
    """Nobody has to sign it from now on; signatures are kept. Raises WaiverIsRetired."""
    waiver = await uow.get(Waiver, waiver_id)
    if waiver.retired_at is not None:
        raise WaiverIsRetired("This waiver is signed no more.")
    waiver.retired_at = uow.now
    uow.record(
        waiver,
        WaiverRetired(waiver_id=waiver.id, organisation_id=waiver.organisation_id),
        organisation_id=waiver.organisation_id,
    )
    return waiver
