"""Takes over a network of gyms, its plans and its people from three CSV files."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from gymhopper.app.importers.network_rows import (
    CURRENCY,
    GYMS,
    PEOPLE,
    PLANS,
    Gym,
    OfferedPlan,
    Subscriber,
    read_gyms,
    read_people,
    read_plans,
)
from gymhopper.app.importers.report import ImportReport
from gymhopper.chassis.audit.acts import CONSOLE, Act
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.domain.person import Address, Contact
from gymhopper.contexts.membership.domain.plan import DEFAULT_ENTRY_GRACE_DAYS
from gymhopper.contexts.membership.queries import plans as catalogue
from gymhopper.contexts.membership.usecases.import_member import ImportedMember, import_members
from gymhopper.contexts.membership.usecases.offer_plan import (
    NewPrice,
    OfferPlan,
    add_price,
    offer_plan,
)
from gymhopper.contexts.venues import queries as venues
from gymhopper.contexts.venues.usecases.create_legal_entity import (
    CreateLegalEntity,
    create_legal_entity,
)
from gymhopper.contexts.venues.usecases.create_organisation import (
    CreateOrganisation,
    create_organisation,
)
from gymhopper.contexts.venues.usecases.open_location import OpenLocation, open_location
from gymhopper.contracts.venues.api import LegalEntity
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.term import Term

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

REF = "network-import"
"""The external id of the organisation and the legal entity that an import makes."""

ZONE = "America/New_York"
"""Where the operator keeps its books, and so the zone of the contracts."""

BATCH = 500
_MONTHLY = Term("month", 1)


@dataclass(frozen=True, slots=True)
class _Offer:
    """Where to find a plan and its price."""

    plan_id: UUID
    price_id: UUID


async def import_network(runtime: Runtime, folder: Path, progress: Progress) -> ImportReport:
    """Take over the network in the folder; done again, it adds only what is new.

    Everything becomes one operator organisation's: places with the tier of their type, plans by
    the month, and for each person a membership that runs since the sign-up and is paid until the
    end of its present month. Raises UnreadableFile, and changes nothing, when a file cannot be
    used at all; single rows are refused in the report.
    """
    report = ImportReport()
    today = local_date(runtime.clock.now(), ZONE)
    gyms = await asyncio.to_thread(read_gyms, folder, report)
    plans = await asyncio.to_thread(read_plans, folder, report)
    people = await asyncio.to_thread(read_people, folder, report, plans, today)
    async with runtime.begin(SERVICE) as uow:
        seller = await _seller(uow)
    report.organisation_id = seller.organisation_id
    await _open_gyms(runtime, seller, gyms, report, progress)
    offers = await _offer_plans(runtime, seller, plans, report, progress)
    await _register_people(runtime, seller, people, offers, report, progress)
    return report


def _note(uow: UnitOfWork, seller: LegalEntity, what: str, count: int) -> None:
    """Leave one entry in the audit log for a whole step, if it brought anything in."""
    if count:
        uow.note_act(
            Act(
                action="imported",
                actor=CONSOLE,
                operation="import network",
                organisation_id=seller.organisation_id,
                detail={what: count},
            )
        )


async def _seller(uow: UnitOfWork) -> LegalEntity:
    """The operator's legal entity, made with the operator when it is not there."""
    organisation_id = await venues.organisation_known_as(uow.connection, REF)
    if organisation_id is None:
        made = await create_organisation(
            uow, CreateOrganisation(kind="operator", name="Gym Network", external_ref=REF)
        )
        organisation_id = made.id
    entity_id = await venues.legal_entity_known_as(uow.connection, organisation_id, REF)
    if entity_id is None:
        entity = await create_legal_entity(
            uow,
            CreateLegalEntity(
                organisation_id=organisation_id,
                name="Gym Network Inc.",
                country="US",
                currency=CURRENCY,
                zone=ZONE,
                external_ref=REF,
            ),
        )
    else:
        entity = await venues.legal_entity_view(uow.connection, entity_id)
    return LegalEntity(
        legal_entity_id=entity.id,
        organisation_id=organisation_id,
        country=entity.country,
        currency=entity.currency,
        zone=entity.zone,
    )


async def _open_gyms(
    runtime: Runtime,
    seller: LegalEntity,
    gyms: Sequence[Gym],
    report: ImportReport,
    progress: Progress,
) -> None:
    tally = report.tally(GYMS)
    async with runtime.begin(SERVICE) as uow:
        for done, gym in enumerate(gyms, start=1):
            if await venues.location_known_as(uow.connection, seller.organisation_id, gym.ref):
                tally.already_there += 1
            else:
                await open_location(uow, _opening(seller, gym))
                tally.imported += 1
            progress("Gyms", done, len(gyms))
        _note(uow, seller, "gyms", tally.imported)


def _opening(seller: LegalEntity, gym: Gym) -> OpenLocation:
    return OpenLocation(
        organisation_id=seller.organisation_id,
        legal_entity_id=seller.legal_entity_id,
        name=gym.name,
        zone=gym.city.zone,
        country="US",
        city=gym.city.name,
        tier=gym.tier,
        latitude=gym.city.latitude,
        longitude=gym.city.longitude,
        external_ref=gym.ref,
    )


async def _offer_plans(
    runtime: Runtime,
    seller: LegalEntity,
    plans: Mapping[str, OfferedPlan],
    report: ImportReport,
    progress: Progress,
) -> dict[str, _Offer]:
    """Plans are found again by their names; one whose price is new gets it as a further price."""
    tally = report.tally(PLANS)
    offers: dict[str, _Offer] = {}
    async with runtime.begin(SERVICE) as uow:
        known = {
            each.name: each
            for each in await catalogue.plan_offers(
                uow.connection, organisation_id=seller.organisation_id, limit=1000
            )
        }
        for plan in plans.values():
            present = known.get(plan.name)
            if present is None:
                offers[plan.name] = await _new_offer(uow, seller, plan)
                tally.imported += 1
            else:
                offers[plan.name] = await _present_offer(uow, present, plan)
                tally.already_there += 1
            progress("Plans", len(offers), len(plans))
        _note(uow, seller, "plans", tally.imported)
    return offers


async def _new_offer(uow: UnitOfWork, seller: LegalEntity, plan: OfferedPlan) -> _Offer:
    made = await offer_plan(
        uow,
        OfferPlan(
            seller=seller,
            name=plan.name,
            coverage=plan.coverage,
            interval=_MONTHLY.interval,
            interval_count=_MONTHLY.count,
            entry_grace_days=DEFAULT_ENTRY_GRACE_DAYS,
            freeze_rules=FreezeRules(),
            prices=(NewPrice(money=plan.price),),
        ),
    )
    return _Offer(made.plan_id, made.price_ids[0])


async def _present_offer(
    uow: UnitOfWork, present: catalogue.PlanOffer, plan: OfferedPlan
) -> _Offer:
    for price in present.prices:
        if price.money == plan.price:
            return _Offer(present.plan_id, price.price_id)
    price_id = await add_price(uow, present.plan_id, NewPrice(money=plan.price))
    return _Offer(present.plan_id, price_id)


async def _register_people(
    runtime: Runtime,
    seller: LegalEntity,
    people: Sequence[Subscriber],
    offers: Mapping[str, _Offer],
    report: ImportReport,
    progress: Progress,
) -> None:
    """A transaction for each batch, so that an import that is broken off has done its part."""
    tally = report.tally(PEOPLE)
    progress("People", 0, len(people))
    for first in range(0, len(people), BATCH):
        batch = people[first : first + BATCH]
        async with runtime.begin(SERVICE) as uow:
            rows = [_member(seller, each, offers[each.plan], uow.now) for each in batch]
            outcomes = await import_members(uow, seller.organisation_id, rows)
            before = sum(each.already_there for each in outcomes)
            _note(uow, seller, "people", len(outcomes) - before)
        tally.already_there += before
        tally.imported += len(outcomes) - before
        progress("People", first + len(batch), len(people))


def _member(
    seller: LegalEntity, person: Subscriber, offer: _Offer, now: datetime
) -> ImportedMember:
    return ImportedMember(
        external_ref=person.ref,
        first_name=person.first_name,
        last_name=person.last_name,
        plan_id=offer.plan_id,
        price_id=offer.price_id,
        since=person.since,
        paid_until=_MONTHLY.period_end_after(person.since, seller.zone, now),
        contact=Contact(
            birth_date=person.birth_date,
            address=Address(
                lines=(), city=person.city.name, region=person.city.state, country=seller.country
            ),
        ),
    )
