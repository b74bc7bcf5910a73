"""Brings a network to the platform: its organisations, places, doors, readers and plans."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.places import Area
from gymhopper.contexts.access.usecases.furnish_location import (
    DoorChange,
    NewDoor,
    add_area,
    add_device,
    add_door,
    change_door,
    enrol_device,
)
from gymhopper.contexts.access.usecases.hand_out_credential import (
    NewCredential,
    hand_out_credential,
)
from gymhopper.contexts.billing.domain.tax import STANDARD, Rate
from gymhopper.contexts.billing.usecases.set_tax_rate import SetTaxRate, set_tax_rate
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.domain.person import Contact
from gymhopper.contexts.membership.domain.plan import DEFAULT_ENTRY_GRACE_DAYS
from gymhopper.contexts.membership.queries.plans import plan_offers
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven
from gymhopper.contexts.membership.usecases.offer_plan import NewPrice, OfferPlan, offer_plan
from gymhopper.contexts.membership.usecases.register_member import RegisterMember, register_member
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
from gymhopper.sandbox.demo.keeping import (
    Founded,
    FoundedDoor,
    FoundedOffer,
    FoundedVenue,
    Keyring,
)
from gymhopper.sandbox.demo.network import Brand, DoorPlan, Network, Venue
from gymhopper.sandbox.demo.waiting import once_heard

PATIENCE = 60.0
"""Seconds within which the others must have heard of places and sellers."""

TAXED_SINCE = date(2021, 1, 1)

STRANGERS = 3
"""People who have a pass and no membership."""

AGREEMENT = AgreementGiven(terms="2026-01", privacy="2026-01", language="en", channel="online")


async def found(runtime: Runtime, network: Network, keyring: Keyring) -> Founded:
    """Found the network; done again after it was broken off, it goes on.

    Organisations, places and plans are found again by their names. Doors come last, in one
    transaction: whoever keeps what is returned never founds them twice.
    """
    async with runtime.begin(SERVICE) as uow:
        operator = await _seller(uow, network.operator)
        places = await _open(uow, network)
        offers = await _offer(uow, network, operator)

    async def furnished() -> Founded:
        # A place can have doors once access has heard of it, and a seller taxes once billing has.
        async with runtime.begin(SERVICE) as uow:
            await _tax(uow, network)
            return Founded(
                operator_id=operator.organisation_id,
                venues=places,
                offers=offers,
                doors=await _furnish(uow, network, places, keyring),
                strangers=await _strangers(uow, operator.organisation_id, keyring),
            )

    return await once_heard(
        furnished, PATIENCE, "The news of new places and sellers do not arrive."
    )


async def _seller(uow: UnitOfWork, brand: Brand) -> LegalEntity:
    """The brand's legal entity, made with the brand when it is not there."""
    organisation_id = await venues.organisation_known_as(uow.connection, brand.name)
    if organisation_id is None:
        organisation = await create_organisation(
            uow, CreateOrganisation(kind=brand.kind, name=brand.name, external_ref=brand.name)
        )
        organisation_id = organisation.id
    seller = brand.seller
    entity_id = await venues.legal_entity_known_as(uow.connection, organisation_id, seller.name)
    if entity_id is None:
        entity = await create_legal_entity(
            uow,
            CreateLegalEntity(
                organisation_id=organisation_id,
                name=seller.name,
                country=seller.country,
                currency=seller.currency,
                zone=seller.zone,
                external_ref=seller.name,
            ),
        )
        entity_id = entity.id
    return LegalEntity(
        legal_entity_id=entity_id,
        organisation_id=organisation_id,
        country=seller.country,
        currency=seller.currency,
        zone=seller.zone,
    )


async def _tax(uow: UnitOfWork, network: Network) -> None:
    for brand in (network.operator, *network.brands):
        percent = brand.seller.vat
        if percent is not None:
            entity = await _seller(uow, brand)
            command = SetTaxRate(
                legal_entity_id=entity.legal_entity_id,
                code=STANDARD,
                rate=Rate(category="S", percent=percent),
                valid_from=TAXED_SINCE,
            )
            await set_tax_rate(uow, command)


async def _open(uow: UnitOfWork, network: Network) -> dict[str, FoundedVenue]:
    sellers = {brand: await _seller(uow, brand) for brand in network.brands}
    opened = {}
    for venue in network.venues:
        seller = sellers[venue.brand]
        known = await venues.location_known_as(uow.connection, seller.organisation_id, venue.name)
        if known is None:
            known = (await open_location(uow, _opening(venue, seller))).id
        opened[venue.name] = FoundedVenue(known, seller.organisation_id)
    return opened


def _opening(venue: Venue, seller: LegalEntity) -> OpenLocation:
    return OpenLocation(
        organisation_id=seller.organisation_id,
        legal_entity_id=seller.legal_entity_id,
        name=venue.name,
        zone=venue.city.zone,
        country=venue.city.country,
        city=venue.city.name,
        tier=venue.tier,
        latitude=venue.latitude,
        longitude=venue.longitude,
        weekly=venue.weekly,
        external_ref=venue.name,
    )


async def _offer(
    uow: UnitOfWork, network: Network, operator: LegalEntity
) -> dict[str, FoundedOffer]:
    known = {
        each.name: FoundedOffer(each.plan_id, each.prices[0].price_id)
        for each in await plan_offers(
            uow.connection, organisation_id=operator.organisation_id, limit=1000
        )
    }
    offers = {}
    for offer in network.offers:
        if offer.name not in known:
            made = await offer_plan(
                uow,
                OfferPlan(
                    seller=operator,
                    name=offer.name,
                    coverage=offer.coverage,
                    interval="month",
                    interval_count=1,
                    entry_grace_days=DEFAULT_ENTRY_GRACE_DAYS,
                    freeze_rules=FreezeRules(),
                    prices=(NewPrice(money=offer.price),),
                ),
            )
            known[offer.name] = FoundedOffer(made.plan_id, made.price_ids[0])
        offers[offer.name] = known[offer.name]
    return offers


async def _furnish(
    uow: UnitOfWork, network: Network, places: Mapping[str, FoundedVenue], keyring: Keyring
) -> tuple[FoundedDoor, ...]:
    doors = []
    for venue in network.venues:
        location_id = places[venue.name].location_id
        area = await add_area(uow, location_id=location_id, name="Gym floor")
        await uow.flush()
        for plan in venue.doors:
            key = keyring.reader_key(venue.name, plan.name)
            doors.append(await _hang(uow, venue, plan, area, key))
    return tuple(doors)


async def _hang(
    uow: UnitOfWork,
    venue: Venue,
    plan: DoorPlan,
    area: Area,
    key: Ed25519PrivateKey,
) -> FoundedDoor:
    """A door with an enrolled reader."""
    door = await add_door(
        uow,
        NewDoor(
            location_id=area.location_id,
            area_id=area.id,
            name=plan.name,
            direction="entry",
            reports_passage=False,
            debounce_seconds=5,
            same_visit_seconds=venue.same_visit_seconds,
            hold_seconds=15,
            accepts=plan.accepts,
        ),
    )
    await uow.flush()
    if plan.mode != "normal":
        await change_door(uow, door.id, DoorChange(mode=plan.mode))
    expected = await add_device(
        uow,
        location_id=area.location_id,
        name=f"{venue.name} {plan.name} reader",
        door_ids=[door.id],
    )
    await uow.flush()
    device = await enrol_device(
        uow, code=expected.code, public_key=key.public_key().public_bytes_raw()
    )
    return FoundedDoor(venue.name, plan.name, door.id, device.id)


async def _strangers(uow: UnitOfWork, operator_id: UUID, keyring: Keyring) -> tuple[str, ...]:
    """References of people who were given a pass before they bought anything."""
    refs = tuple(f"stranger-{number}" for number in range(STRANGERS))
    for ref in refs:
        member = await register_member(
            uow,
            RegisterMember(
                organisation_id=operator_id,
                first_name="Noor",
                last_name="Visitor",
                contact=Contact(),
                agreement=AGREEMENT,
            ),
        )
        await hand_out_credential(
            uow,
            NewCredential(
                organisation_id=operator_id,
                person_id=member.person_id,
                kind="pass",
                value=keyring.pass_value(ref),
            ),
        )
    return refs
