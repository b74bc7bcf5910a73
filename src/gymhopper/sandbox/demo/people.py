"""Who the members of the demonstration are: invented, and the same at every start."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from random import Random
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.usecases.hand_out_credential import (
    NewCredential,
    hand_out_credentials,
    revoke_credential,
)
from gymhopper.contexts.membership.domain.person import Contact
from gymhopper.contexts.membership.usecases.cancel_membership import (
    CancelMembership,
    cancel_membership,
)
from gymhopper.contexts.membership.usecases.follow_billing import (
    change_debt,
    follow_collection,
    receive_payment,
)
from gymhopper.contexts.membership.usecases.import_member import (
    ImportedMember,
    ImportOutcome,
    import_members,
)
from gymhopper.contexts.membership.usecases.stop_for_a_time import StopForATime, stop_for_a_time
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period
from gymhopper.kernel.term import Term
from gymhopper.sandbox.demo.keeping import Founded, Keyring
from gymhopper.sandbox.demo.names import FIRST_NAMES, LAST_NAMES
from gymhopper.sandbox.demo.network import Network, Offer, Venue
from gymhopper.sandbox.demo.rules import opens

BATCH = 250
MONTHLY = Term("month", 1)
DAY = timedelta(days=1)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


class Standing(Enum):
    """What there is to say about a member."""

    GOOD = "good"
    FROZEN = "frozen"
    BLOCKED = "blocked"
    OVERDUE = "overdue"
    IN_GRACE = "in grace"
    CANCELLED = "cancelled"
    ENDING = "ending"
    EXPIRED = "expired"
    NOT_STARTED = "not started"
    WITHDRAWN = "pass withdrawn"
    LAPSED = "pass lapsed"


IN_A_THOUSAND = {
    Standing.FROZEN: 14,
    Standing.BLOCKED: 4,
    Standing.OVERDUE: 12,
    Standing.IN_GRACE: 12,
    Standing.CANCELLED: 10,
    Standing.ENDING: 12,
    Standing.EXPIRED: 8,
    Standing.NOT_STARTED: 6,
    Standing.WITHDRAWN: 6,
    Standing.LAPSED: 6,
}
"""How many of a thousand are not simply in good standing; of each there is one at least."""

PAYING = {Standing.GOOD, Standing.FROZEN, Standing.WITHDRAWN, Standing.LAPSED}


@dataclass(frozen=True, slots=True)
class Person:
    """A member. `keenness` is the chance of a visit on a day, `tenure` the days since the start,
    `born` the year of birth."""

    ref: str
    first_name: str
    last_name: str
    home: Venue
    offer: Offer
    standing: Standing
    keenness: float
    tenure: int
    born: int

    @property
    def label(self) -> str:
        """First name and initial, as a desk sees a visitor."""
        return f"{self.first_name} {self.last_name[0]}."

    def since(self, today: date) -> date:
        """The first day of the membership, when `today` is the day of the first start."""
        return today - timedelta(days=self.tenure)


@dataclass(frozen=True, slots=True)
class Registered:
    """A person with the ids that the platform gave."""

    person: Person
    person_id: UUID
    membership_id: UUID


def invent_people(network: Network, count: int) -> list[Person]:
    """That many people, the same whenever they are asked for, those with troubles first."""
    troubled = [
        standing
        for standing, share in IN_A_THOUSAND.items()
        for _ in range(max(1, count * share // 1000))
    ]
    return [
        _invent(network, number, troubled[number] if number < len(troubled) else Standing.GOOD)
        for number in range(count)
    ]


def dice(*about: object) -> Random:
    """Chance that falls the same way each time it is asked about the same."""
    return Random("/".join(map(str, about)))  # noqa: S311 - invents people, guards nothing


def _invent(network: Network, number: int, standing: Standing) -> Person:
    chance = dice("person", number)
    city = chance.choices(network.cities, [each.share for each in network.cities])[0]
    homes = [each for each in network.venues if each.city == city]
    home = chance.choice(homes)
    offers = [
        each
        for each in network.offers
        if opens(each.coverage, home) and (standing is Standing.GOOD or is_plain(each))
    ]
    started = chance.randrange(2, 540)
    return Person(
        ref=f"demo-{number:05}",
        first_name=chance.choice(FIRST_NAMES),
        last_name=chance.choice(LAST_NAMES),
        home=home,
        offer=chance.choices(offers, [each.share for each in offers])[0],
        standing=standing,
        keenness=min(0.8, chance.lognormvariate(-2.62, 0.9)),
        tenure=-10 if standing is Standing.NOT_STARTED else started,
        born=chance.randint(1950, 2005),
    )


def is_plain(offer: Offer) -> bool:
    """Whether nothing but what befell the member can be said at a door that it covers."""
    return offer.coverage.hours is None and not offer.coverage.quotas


async def register_people(
    runtime: Runtime,
    founded: Founded,
    people: Sequence[Person],
    keyring: Keyring,
    zone: str,
    opened_at: datetime,
    progress: Progress,
) -> list[Registered]:
    """Register them with their running memberships, a pass each, and what befell some of them.

    A batch is one transaction, so a person is there with everything or not at all. Done again it
    changes nothing and finds everybody.
    """
    today = local_date(opened_at, zone)
    registered: list[Registered] = []
    for first in range(0, len(people), BATCH):
        batch = people[first : first + BATCH]
        async with runtime.begin(SERVICE) as uow:
            rows = [_row(each, founded, zone, today, opened_at) for each in batch]
            outcomes = await import_members(uow, founded.operator_id, rows)
            found = [_registered(*each) for each in zip(batch, outcomes, strict=True)]
            fresh = [
                one
                for one, outcome in zip(found, outcomes, strict=True)
                if not outcome.already_there
            ]
            await _hand_out_passes(uow, founded, fresh, keyring)
            for one in fresh:
                if one.person.standing in _BEFALLS:
                    await _BEFALLS[one.person.standing](uow, one.membership_id)
        registered += found
        progress("Members", len(registered), len(people))
    return registered


async def renew(
    runtime: Runtime,
    people: Sequence[Registered],
    zone: str,
    opened_at: datetime,
    paid_at: datetime,
) -> None:
    """Pay for the periods that began since `paid_at`, so that members stay members."""
    today, now = local_date(opened_at, zone), runtime.clock.now()
    due: dict[UUID, Period] = {}
    for each in people:
        if each.person.standing in PAYING:
            since = each.person.since(today)
            before = MONTHLY.period_end_after(since, zone, paid_at)
            if before <= now:
                end = MONTHLY.period_end_after(since, zone, now)
                due[each.membership_id] = Period(before, end)
    memberships = list(due.items())
    for first in range(0, len(memberships), BATCH):
        async with runtime.begin(SERVICE) as uow:
            for membership_id, period in memberships[first : first + BATCH]:
                await receive_payment(uow, membership_id, period)


def _row(
    person: Person, founded: Founded, zone: str, today: date, opened_at: datetime
) -> ImportedMember:
    offer, since = founded.offers[person.offer.name], person.since(today)
    return ImportedMember(
        external_ref=person.ref,
        first_name=person.first_name,
        last_name=person.last_name,
        plan_id=offer.plan_id,
        price_id=offer.price_id,
        since=since,
        paid_until=MONTHLY.period_end_after(since, zone, opened_at),
        contact=Contact(birth_date=date(person.born, 6, 15)),
    )


def _registered(person: Person, outcome: ImportOutcome) -> Registered:
    assert outcome.membership_id is not None  # noqa: S101 - all of ours have one
    return Registered(person, outcome.person_id, outcome.membership_id)


async def _hand_out_passes(
    uow: UnitOfWork, founded: Founded, people: Sequence[Registered], keyring: Keyring
) -> None:
    handed_out = await hand_out_credentials(
        uow,
        [
            NewCredential(
                organisation_id=founded.operator_id,
                person_id=one.person_id,
                kind="pass",
                value=keyring.pass_value(one.person.ref),
                until=uow.now - DAY if one.person.standing is Standing.LAPSED else None,
            )
            for one in people
        ],
    )
    for one, each in zip(people, handed_out, strict=True):
        if one.person.standing is Standing.WITHDRAWN:
            await revoke_credential(uow, each.holding.id)


async def _freeze(uow: UnitOfWork, membership_id: UUID) -> None:
    await stop_for_a_time(
        uow, StopForATime(membership_id=membership_id, kind="freeze", reason="away for some time")
    )


async def _block(uow: UnitOfWork, membership_id: UUID) -> None:
    await stop_for_a_time(
        uow, StopForATime(membership_id=membership_id, kind="block", reason="house rules")
    )


async def _owe_for_long(uow: UnitOfWork, membership_id: UUID) -> None:
    await change_debt(uow, membership_id, uow.now - 20 * DAY, Money(4900, "EUR"))


async def _owe_lately(uow: UnitOfWork, membership_id: UUID) -> None:
    await change_debt(uow, membership_id, uow.now - 2 * DAY, Money(4900, "EUR"))


async def _cancel(uow: UnitOfWork, membership_id: UUID) -> None:
    await cancel_membership(
        uow, CancelMembership(membership_id=membership_id, when="now", reason="moved away")
    )


async def _give_notice(uow: UnitOfWork, membership_id: UUID) -> None:
    await cancel_membership(
        uow,
        CancelMembership(
            membership_id=membership_id,
            when="date",
            day=uow.now.date() + 5 * DAY,
            reason="moving away",
        ),
    )


async def _run_out(uow: UnitOfWork, membership_id: UUID) -> None:
    await follow_collection(
        uow, membership_id, uow.now - 10 * DAY, ended=True, at=uow.now - 10 * DAY
    )


_BEFALLS: Mapping[Standing, Callable[[UnitOfWork, UUID], Awaitable[None]]] = {
    Standing.FROZEN: _freeze,
    Standing.BLOCKED: _block,
    Standing.OVERDUE: _owe_for_long,
    Standing.IN_GRACE: _owe_lately,
    Standing.CANCELLED: _cancel,
    Standing.ENDING: _give_notice,
    Standing.EXPIRED: _run_out,
}
