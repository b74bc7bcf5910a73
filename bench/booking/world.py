"""A gym with members who are signed in, and classes for them to book.

Gym, plan and members come into being as anywhere; what others must know of them arrives by events.
Signing in by the thousand takes minutes on purpose, so sessions are written straight.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.opaque_token import ACCESS, OpaqueToken
from gymhopper.contexts.membership.domain.freezing import FreezeRules
from gymhopper.contexts.membership.usecases.import_member import ImportedMember, import_members
from gymhopper.contexts.membership.usecases.offer_plan import NewPrice, OfferPlan, offer_plan
from gymhopper.contexts.venues.usecases.create_legal_entity import (
    CreateLegalEntity,
    create_legal_entity,
)
from gymhopper.contexts.venues.usecases.create_organisation import (
    CreateOrganisation,
    create_organisation,
)
from gymhopper.contexts.venues.usecases.open_location import OpenLocation, open_location
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.venues.api import LegalEntity
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

ZONE = "Europe/Berlin"
BATCH = 250
SESSION_FOR = timedelta(days=1)

_COLUMNS = {
    "account": "id, status, administrator, language, created_at, version",
    "session": "id, account_id, client, methods, device_name, created_at, last_seen_at, expires_at,"
    " version",
    "token_grant": "id, session_id, access_hash, access_expires_at, refresh_hash,"
    " refresh_expires_at, created_at",
    "person_link": "account_id, person_id, organisation_id, linked_at",
    "acting": "session_id, account_id, person_id, chosen_at",
}
"""What is written of each table, those first to which others refer."""


@dataclass(frozen=True, slots=True)
class Person:
    """A member with a membership that runs and is paid for a year."""

    person_id: UUID
    membership_id: UUID


@dataclass(frozen=True, slots=True)
class Gym:
    """The location, and who trains there."""

    organisation_id: UUID
    location_id: UUID
    people: list[Person]


async def found(runtime: Runtime, members: int) -> Gym:
    """An organisation with one location and one plan, and its members."""
    async with runtime.begin(SERVICE) as uow:
        brand = await create_organisation(uow, CreateOrganisation(kind="brand", name="Hop"))
        entity = await create_legal_entity(
            uow,
            CreateLegalEntity(
                organisation_id=brand.id,
                name="Hop GmbH",
                country="DE",
                currency="EUR",
                zone=ZONE,
            ),
        )
        place = await open_location(
            uow,
            OpenLocation(
                organisation_id=brand.id,
                legal_entity_id=entity.id,
                name="Hop One",
                zone=ZONE,
                country="DE",
                city="Berlin",
                tier=1,
                latitude=52.52,
                longitude=13.4,
            ),
        )
        offered = await offer_plan(
            uow,
            OfferPlan(
                seller=LegalEntity(
                    legal_entity_id=entity.id,
                    organisation_id=brand.id,
                    country="DE",
                    currency="EUR",
                    zone=ZONE,
                ),
                name="Everything",
                coverage=Coverage(include=(Clause(),)),
                interval="month",
                interval_count=1,
                entry_grace_days=5,
                freeze_rules=FreezeRules(),
                prices=(NewPrice(money=Money(4990, "EUR")),),
            ),
        )
    now = runtime.clock.now()
    rows = [
        ImportedMember(
            external_ref=str(number),
            first_name="Ada",
            last_name=f"Hop {number}",
            plan_id=offered.plan_id,
            price_id=offered.price_ids[0],
            since=(now - timedelta(days=40)).date(),
            paid_until=now + timedelta(days=365),
        )
        for number in range(members)
    ]
    people: list[Person] = []
    for first in range(0, members, BATCH):
        async with runtime.begin(SERVICE) as uow:
            outcomes = await import_members(uow, brand.id, rows[first : first + BATCH])
        for each in outcomes:
            assert each.membership_id is not None
            people.append(Person(each.person_id, each.membership_id))
    return Gym(brand.id, place.id, people)


def sign_in(owner_url: str, gym: Gym) -> list[str]:
    """An account for each member, signed in with a program that acts for them; returns the access
    tokens, in the order of the people."""
    now = datetime.now(UTC)
    until = now + SESSION_FOR
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in _COLUMNS}
    tokens = []
    for each in gym.people:
        account_id, session_id, grant_id = new_id(), new_id(), new_id()
        token = OpaqueToken.new(ACCESS, grant_id)
        tokens.append(token.reveal())
        rows["account"].append((account_id, "active", False, "en", now, 1))
        session = (session_id, account_id, "program", ["password"], "bench", now, now, until, 1)
        rows["session"].append(session)
        grant = (grant_id, session_id, token.hash(), until, bytes(32), until, now)
        rows["token_grant"].append(grant)
        rows["person_link"].append((account_id, each.person_id, gym.organisation_id, now))
        rows["acting"].append((session_id, account_id, each.person_id, now))
    with psycopg.connect(owner_url) as connection:
        for table, columns in _COLUMNS.items():
            with connection.cursor().copy(f"COPY identity.{table} ({columns}) FROM STDIN") as copy:
                for row in rows[table]:
                    copy.write_row(row)
    return tokens
