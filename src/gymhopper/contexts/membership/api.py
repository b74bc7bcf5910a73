"""What membership answers to other contexts."""

from datetime import date, datetime
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.membership.queries.members import member_details, member_ref, person_names
from gymhopper.contexts.membership.queries.memberships import purchase
from gymhopper.contexts.membership.queries.payers import could_pay
from gymhopper.contexts.membership.queries.sponsoring import sponsoring
from gymhopper.contexts.membership.queries.standings import standings, standings_with_ages
from gymhopper.contracts.membership.api import (
    MemberAddress,
    MemberContact,
    MemberRef,
    Payer,
    PayerKind,
    PersonName,
    Purchase,
)
from gymhopper.contracts.membership.people.api import Standing
from gymhopper.contracts.membership.sponsors.api import Sponsoring
from gymhopper.kernel.errors import NotFound


class Memberships:
    """Keeps `MembershipApi` by reading this context's tables."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def purchase(self, *, membership_id: UUID) -> Purchase | None:
        """The terms under which the membership was bought, or None when there is none."""
        async with self._runtime.read(SERVICE) as connection:
            return await purchase(connection, membership_id)

    async def payer(self, *, membership_id: UUID, kind: PayerKind, payer_id: UUID) -> Payer | None:
        """Whoever has this id, or None when they cannot pay for the membership."""
        async with self._runtime.read(SERVICE) as connection:
            return await could_pay(connection, membership_id, kind, payer_id)

    async def member(self, *, member_id: UUID) -> MemberRef | None:
        """The person behind a member, or None when there is no such member."""
        async with self._runtime.read(SERVICE) as connection:
            return await member_ref(connection, member_id)

    async def contact(self, *, member_id: UUID) -> MemberContact | None:
        """How to reach a member, or None when there is no such member."""
        async with self._runtime.read(SERVICE) as connection:
            try:
                found = await member_details(connection, member_id, self._runtime.secrets)
            except NotFound:
                return None
        at = found.contact.address
        return MemberContact(
            member_id=found.member_id,
            person_id=found.person_id,
            organisation_id=found.organisation_id,
            email=found.contact.email,
            managed=found.managed,
            name=f"{found.first_name} {found.last_name}",
            address=None
            if at is None
            else MemberAddress(
                lines=at.lines,
                city=at.city,
                country=at.country,
                postal_code=at.postal_code,
                region=at.region,
            ),
        )

    async def names(self, *, person_ids: tuple[UUID, ...]) -> tuple[PersonName, ...]:
        """The names of those people that there are, in no order."""
        async with self._runtime.read(SERVICE) as connection:
            return await person_names(connection, person_ids)


class People:
    """Keeps `PeopleApi` by reading this context's tables."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def standings(
        self,
        *,
        organisation_id: UUID,
        person_ids: tuple[UUID, ...],
        at: datetime,
        day: date,
        ages: bool,
    ) -> tuple[Standing, ...]:
        """Those of the organisation's members; birth dates are opened only for ages."""
        secrets = self._runtime.secrets
        async with self._runtime.asking(SERVICE) as connection:
            if not ages:
                return await standings(connection, organisation_id, person_ids, at)
            return await standings_with_ages(
                connection, organisation_id, person_ids, at, day=day, secrets=secrets
            )


class Sponsors:
    """Keeps `SponsorsApi` by reading this context's tables."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def sponsoring(
        self, *, sponsor_id: UUID, start: datetime, until: datetime
    ) -> Sponsoring | None:
        """Everybody on the sponsor's account at some time in `[start, until)`."""
        async with self._runtime.read(SERVICE) as connection:
            return await sponsoring(connection, sponsor_id, start, until)
