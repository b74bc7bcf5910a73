"""Who goes to which door next, and with what: mostly members on their way in, and every trouble."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random

from gymhopper.kernel.calendar import local
from gymhopper.kernel.clock import Clock
from gymhopper.sandbox.demo import rules
from gymhopper.sandbox.demo.history import busy_hour
from gymhopper.sandbox.demo.keeping import Keyring
from gymhopper.sandbox.demo.network import DoorPlan, Network, Venue
from gymhopper.sandbox.demo.people import Person, Standing

VISIT = "ALLOWED"
KEENEST = 10
TRIES = 20


@dataclass(frozen=True, slots=True)
class Presentation:
    """Somebody holds something to a door. `ref` is the person's, None for who is no member."""

    venue: Venue
    door: str
    who: str
    value: str
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens now and then. `code` is what the last presentation should be answered with:
    a code, or a notice on an admission. `weight` is how often it happens beside the others.

    `stage` says who goes where, or nothing when it cannot happen at this time of the day.
    """

    code: str
    weight: float
    stage: Callable[[], Sequence[Presentation]]


class Crowd:
    """Sends people to doors. Chance decides, the clock says who trains at this hour."""

    def __init__(
        self,
        network: Network,
        people: Sequence[Person],
        strangers: Sequence[str],
        keyring: Keyring,
        clock: Clock,
        chance: Random,
    ) -> None:
        self._network = network
        self._strangers = strangers
        self._keyring = keyring
        self._clock = clock
        self._chance = chance
        self._with: dict[Standing, list[Person]] = {each: [] for each in Standing}
        for each in people:
            self._with[each.standing].append(each)
        self._at_home: dict[Venue, list[Person]] = {each: [] for each in network.venues}
        for each in self._with[Standing.GOOD]:
            self._at_home[each.home].append(each)
        self._turned_away: set[str] = set()
        self._lately: deque[str] = deque(maxlen=len(people) // 2)
        self.scenes = tuple(self._scenes())

    def next_scene(self) -> Scene:
        """What happens next; one that `stage` can play at no time of this day may come, too."""
        return self._chance.choices(self.scenes, [each.weight for each in self.scenes])[0]

    def turn_away(self, ref: str) -> None:
        """A member was refused, and does not try again on an ordinary visit."""
        self._turned_away.add(ref)

    def visit(self) -> Sequence[Presentation]:
        """A member goes where the membership opens the door at this hour."""
        now = self._clock.now()
        venues = [each for each in self._network.venues if rules.is_venue_open(each, now)]
        if not venues:
            return ()
        busy = [busy_hour(local(now, each.city.zone)) for each in venues]
        for number in range(TRIES):
            home = self._chance.choices(venues, busy)[0]
            person = self._one_of(self._at_home[home])
            if person is None or person.ref in self._turned_away:
                continue
            if person.ref in self._lately and number < TRIES // 2:
                continue  # somebody else, if there is anybody
            reach = self._reach(person, now, others=self._chance.random() < 0.3)
            if reach:
                self._lately.append(person.ref)
                return [self._presents(person, self._chance.choice(reach))]
        return ()

    def _scenes(self) -> Iterable[Scene]:
        yield Scene(VISIT, 100, self.visit)
        yield Scene("DUPLICATE_SCAN", 3, self._twice)
        for standing, code in _ANSWERS.items():
            yield Scene(code, 0.7, partial(self._with_standing, standing))
        yield Scene("TIER_TOO_LOW", 1.5, lambda: self._where(_costs_more))
        yield Scene("LOCATION_NOT_COVERED", 1, lambda: self._where(_not_covered))
        yield Scene("LOCATION_CLOSED", 1, lambda: self._where(_closed))
        yield Scene("OUTSIDE_PLAN_HOURS", 1, lambda: self._where(_wrong_hour))
        yield Scene("DAILY_LIMIT_REACHED", 1, lambda: self._once_too_often("day"))
        yield Scene("PERIOD_LIMIT_REACHED", 0.7, lambda: self._once_too_often("month"))
        yield Scene("NO_ENTITLEMENT", 0.7, self._stranger)
        yield Scene("CREDENTIAL_UNKNOWN", 1, lambda: self._odd(_unknown_pass(self._chance)))
        yield Scene("CREDENTIAL_MALFORMED", 0.5, lambda: self._odd("wet paper"))
        yield Scene(
            "CREDENTIAL_TYPE_NOT_ALLOWED",
            0.5,
            lambda: self._at_door(lambda x: "pass" not in x.accepts),
        )
        yield Scene("DOOR_LOCKDOWN", 0.5, lambda: self._at_door(lambda x: x.mode == "lockdown"))
        yield Scene(
            "DOOR_OUT_OF_SERVICE", 0.5, lambda: self._at_door(lambda x: x.mode == "out_of_service")
        )

    def _twice(self) -> Sequence[Presentation]:
        return [each for each in self.visit() for _ in range(2)]

    def _with_standing(self, standing: Standing) -> Sequence[Presentation]:
        person = self._one_of(self._with[standing])
        if person is None:
            return ()
        reach = self._reach(person, self._clock.now(), others=True)
        return [self._presents(person, self._chance.choice(reach))] if reach else ()

    def _where(self, suits: "Suits") -> Sequence[Presentation]:
        """Somebody in good standing at a place for which there is something to say."""
        now = self._clock.now()
        for _ in range(TRIES):
            person = self._one_of(self._with[Standing.GOOD])
            if person is None:
                return ()
            venues = [each for each in self._network.venues if suits(person, each, now)]
            near = [each for each in venues if each.city == person.home.city]
            if venues:
                return [self._presents(person, self._chance.choice(near or venues))]
        return ()

    def _once_too_often(self, per: str) -> Sequence[Presentation]:
        """Somebody whose plan has few visits uses one more than there are, at several places.

        By the month only the keenest come near their limit.
        """
        now = self._clock.now()
        limited = [
            person
            for person in self._with[Standing.GOOD]
            if any(each.per == per for each in person.offer.coverage.quotas)
        ]
        if per == "month":
            limited = sorted(limited, key=lambda each: -each.keenness)[:KEENEST]
        for _ in range(TRIES):
            person = self._one_of(limited)
            if person is None:
                return ()
            reach = self._reach(person, now, others=True)
            if len(reach) > 1:
                return [self._presents(person, each) for each in self._chance.sample(reach, 2)]
        return ()

    def _stranger(self) -> Sequence[Presentation]:
        ref = self._chance.choice(self._strangers)
        return self._odd(self._keyring.pass_value(ref), who="Noor V.")

    def _odd(self, value: str, *, who: str = "unknown") -> Sequence[Presentation]:
        venue = self._chance.choice(self._network.venues)
        return [Presentation(venue, _way_in(venue, self._chance), who, value)]

    def _at_door(self, suits: Callable[[DoorPlan], bool]) -> Sequence[Presentation]:
        doors = [
            (venue, door) for venue in self._network.venues for door in venue.doors if suits(door)
        ]
        person = self._one_of(self._with[Standing.GOOD])
        if not doors or person is None:
            return ()
        venue, door = self._chance.choice(doors)
        value = self._keyring.pass_value(person.ref)
        return [Presentation(venue, door.name, person.label, value, person.ref)]

    def _reach(self, person: Person, now: datetime, *, others: bool) -> list[Venue]:
        """Open places that the plan opens now: home, or all in the city, or else anywhere."""
        coverage = person.offer.coverage
        open_now = [
            each
            for each in self._network.venues
            if (others or each == person.home)
            and rules.opens(coverage, each)
            and rules.is_venue_open(each, now)
            and rules.is_plan_hour(coverage, each, now)
        ]
        return [each for each in open_now if each.city == person.home.city] or open_now

    def _presents(self, person: Person, venue: Venue) -> Presentation:
        value = self._keyring.pass_value(person.ref)
        return Presentation(venue, _way_in(venue, self._chance), person.label, value, person.ref)

    def _one_of(self, people: Sequence[Person]) -> Person | None:
        return self._chance.choice(people) if people else None


Suits = Callable[[Person, Venue, datetime], bool]

_ANSWERS = {
    Standing.FROZEN: "MEMBERSHIP_FROZEN",
    Standing.BLOCKED: "PERSON_BLOCKED",
    Standing.OVERDUE: "PAYMENT_PAST_DUE",
    Standing.IN_GRACE: "PAYMENT_GRACE",
    Standing.CANCELLED: "MEMBERSHIP_CANCELLED",
    Standing.ENDING: "EXPIRES_SOON",
    Standing.EXPIRED: "MEMBERSHIP_EXPIRED",
    Standing.NOT_STARTED: "MEMBERSHIP_NOT_STARTED",
    Standing.WITHDRAWN: "CREDENTIAL_REVOKED",
    Standing.LAPSED: "CREDENTIAL_EXPIRED",
}


def _way_in(venue: Venue, chance: Random) -> str:
    return chance.choice([each.name for each in venue.doors if each.lets_in])


def _costs_more(person: Person, venue: Venue, now: datetime) -> bool:
    return rules.is_venue_open(venue, now) and (
        rules.refusal(person.offer.coverage, venue) == "TIER_TOO_LOW"
    )


def _not_covered(person: Person, venue: Venue, now: datetime) -> bool:
    return rules.is_venue_open(venue, now) and (
        rules.refusal(person.offer.coverage, venue) == "LOCATION_NOT_COVERED"
    )


def _closed(person: Person, venue: Venue, now: datetime) -> bool:
    return rules.opens(person.offer.coverage, venue) and not rules.is_venue_open(venue, now)


def _wrong_hour(person: Person, venue: Venue, now: datetime) -> bool:
    coverage = person.offer.coverage
    return (
        rules.opens(coverage, venue)
        and rules.is_venue_open(venue, now)
        and not rules.is_plan_hour(coverage, venue, now)
    )


def _unknown_pass(chance: Random) -> str:
    return f"{chance.getrandbits(96):024x}"
