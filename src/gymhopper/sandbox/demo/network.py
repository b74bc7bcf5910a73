"""What the demonstration's network is: brands, places with their doors, and what is sold.

All of it is invented. A network is plain data, so that a test can have a small one of its own.
"""

from dataclasses import dataclass
from typing import Literal

from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.kernel.calendar import DAY_MINUTES, Hours, WeeklyHours
from gymhopper.kernel.money import Money

Mode = Literal["normal", "lockdown", "out_of_service"]


@dataclass(frozen=True, slots=True)
class Seller:
    """A legal entity, with the country, currency and zone in which it keeps its books.

    `vat` is the percentage of tax in its prices; None: it asks for none.
    """

    name: str
    country: str
    currency: str
    zone: str
    vat: str | None = None


@dataclass(frozen=True, slots=True)
class Brand:
    """An organisation that runs locations, or the operator; each sells through one entity."""

    name: str
    seller: Seller
    kind: Literal["operator", "brand"] = "brand"


@dataclass(frozen=True, slots=True)
class City:
    """Where places are. `share` is the part of all members that lives there."""

    name: str
    country: str
    zone: str
    share: float


@dataclass(frozen=True, slots=True)
class DoorPlan:
    """A door and what its reader reads."""

    name: str
    accepts: tuple[str, ...] = ("card", "pass")
    mode: Mode = "normal"

    @property
    def lets_in(self) -> bool:
        """Whether a pass can open it."""
        return self.mode == "normal" and "pass" in self.accepts


MAIN = DoorPlan("Main")
SIDE = DoorPlan("Side")


@dataclass(frozen=True, slots=True)
class Venue:
    """A place. `weekly` None is open around the clock; coming back soon is the same visit."""

    name: str
    brand: Brand
    city: City
    tier: int
    latitude: float
    longitude: float
    weekly: WeeklyHours | None
    doors: tuple[DoorPlan, ...] = (MAIN,)
    same_visit_seconds: int = 600


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan by the month at its price; `share` weighs it among those that open somebody's home."""

    name: str
    price: Money
    coverage: Coverage
    share: float


@dataclass(frozen=True, slots=True)
class Network:
    """One operator that sells, and the brands whose doors its plans open."""

    operator: Brand
    venues: tuple[Venue, ...]
    offers: tuple[Offer, ...]

    @property
    def cities(self) -> tuple[City, ...]:
        """The cities, in the order of their first venue."""
        return tuple(dict.fromkeys(each.city for each in self.venues))

    @property
    def brands(self) -> tuple[Brand, ...]:
        """Everybody who runs a venue."""
        return tuple(dict.fromkeys(each.brand for each in self.venues))


def every_day(start: int, until: int) -> WeeklyHours:
    """Open each day between two full hours."""
    return week((start, until), (start, until))


def week(working: tuple[int, int], weekend: tuple[int, int] | None) -> WeeklyHours:
    """Open from Monday to Friday and on the weekend, each between two full hours."""
    days = [(day, working) for day in range(1, 6)]
    days += [(day, weekend) for day in (6, 7) if weekend is not None]
    return tuple(Hours(day, start * 60, until * 60) for day, (start, until) in days)


LONG_DAYS = week((6, 23), (8, 21))
WORKING_DAYS = week((7, 22), None)
STUDIO = tuple(
    Hours(day, start * 60, until * 60)
    for day in range(1, 7)
    for start, until in ((7, 11), (16, 21))
)
OFF_PEAK = (
    *(Hours(day, 9 * 60, 16 * 60) for day in range(1, 6)),
    *(Hours(day, 0, DAY_MINUTES) for day in (6, 7)),
)

_OPERATOR = Brand(
    "Hop Network", Seller("Hop Network GmbH", "DE", "EUR", "Europe/Berlin", "19"), "operator"
)
_NORTH = Brand("North Gyms", Seller("North Gyms GmbH", "DE", "EUR", "Europe/Berlin", "19"))
_THAMES = Brand("Thames Fitness", Seller("Thames Fitness Ltd", "GB", "GBP", "Europe/London", "20"))
_TEJO = Brand("Tejo Clubes", Seller("Tejo Clubes Lda", "PT", "EUR", "Europe/Lisbon", "23"))
_HUDSON = Brand("Hudson Strength", Seller("Hudson Strength Inc", "US", "USD", "America/New_York"))
_SERRA = Brand("Serra Academias", Seller("Serra Ltda", "BR", "BRL", "America/Sao_Paulo"))
_HINODE = Brand("Hinode Fit", Seller("Hinode Fit KK", "JP", "JPY", "Asia/Tokyo", "10"))

_BERLIN = City("Berlin", "DE", "Europe/Berlin", 0.28)
_LONDON = City("London", "GB", "Europe/London", 0.20)
_LISBON = City("Lisbon", "PT", "Europe/Lisbon", 0.10)
_NEW_YORK = City("New York", "US", "America/New_York", 0.20)
_SAO_PAULO = City("São Paulo", "BR", "America/Sao_Paulo", 0.09)
_TOKYO = City("Tokyo", "JP", "Asia/Tokyo", 0.13)

_CARDS_ONLY = DoorPlan("Gate", accepts=("card",))
_LOCKED = DoorPlan("Rear", mode="lockdown")
_BROKEN = DoorPlan("Lift", mode="out_of_service")

_PLACES = (
    ("Mitte", _NORTH, _BERLIN, 2, 52.5200, 13.4050, None, (MAIN, SIDE)),
    ("Kreuzberg", _NORTH, _BERLIN, 1, 52.4986, 13.4034, LONG_DAYS, (MAIN,)),
    ("Prenzlauer", _NORTH, _BERLIN, 2, 52.5388, 13.4244, LONG_DAYS, (MAIN, _BROKEN)),
    ("Wedding", _NORTH, _BERLIN, 1, 52.5500, 13.3590, None, (MAIN,)),
    ("Tiergarten", _NORTH, _BERLIN, 3, 52.5145, 13.3501, STUDIO, (MAIN,)),
    ("Soho", _THAMES, _LONDON, 3, 51.5136, -0.1365, LONG_DAYS, (MAIN, SIDE)),
    ("Camden", _THAMES, _LONDON, 2, 51.5390, -0.1426, None, (MAIN,)),
    ("Hackney", _THAMES, _LONDON, 1, 51.5450, -0.0553, LONG_DAYS, (MAIN,)),
    ("Greenwich", _THAMES, _LONDON, 2, 51.4826, -0.0077, WORKING_DAYS, (MAIN, _CARDS_ONLY)),
    ("Baixa", _TEJO, _LISBON, 2, 38.7109, -9.1378, LONG_DAYS, (MAIN,)),
    ("Alvalade", _TEJO, _LISBON, 1, 38.7536, -9.1440, WORKING_DAYS, (MAIN,)),
    ("Tribeca", _HUDSON, _NEW_YORK, 3, 40.7163, -74.0086, LONG_DAYS, (MAIN, SIDE)),
    ("Harlem", _HUDSON, _NEW_YORK, 1, 40.8116, -73.9465, None, (MAIN,)),
    ("Chelsea", _HUDSON, _NEW_YORK, 2, 40.7465, -74.0014, LONG_DAYS, (MAIN, _LOCKED)),
    ("Astoria", _HUDSON, _NEW_YORK, 1, 40.7644, -73.9235, LONG_DAYS, (MAIN,)),
    ("Pinheiros", _SERRA, _SAO_PAULO, 2, -23.5614, -46.7019, LONG_DAYS, (MAIN, SIDE)),
    ("Moema", _SERRA, _SAO_PAULO, 1, -23.6008, -46.6634, WORKING_DAYS, (MAIN,)),
    ("Shibuya", _HINODE, _TOKYO, 3, 35.6595, 139.7005, None, (MAIN, SIDE)),
    ("Ueno", _HINODE, _TOKYO, 1, 35.7138, 139.7770, LONG_DAYS, (MAIN,)),
    ("Ebisu", _HINODE, _TOKYO, 2, 35.6467, 139.7101, LONG_DAYS, (MAIN,)),
)

WORLD = Network(
    operator=_OPERATOR,
    venues=tuple(Venue(*each) for each in _PLACES),
    offers=(
        Offer("Hop All", Money(6900, "EUR"), Coverage(include=(Clause(),)), 0.34),
        Offer("Hop Plus", Money(3900, "EUR"), Coverage(include=(Clause(tier_up_to=2),)), 0.36),
        Offer(
            "Hop Berlin", Money(2900, "EUR"), Coverage(include=(Clause(cities=("Berlin",)),)), 0.3
        ),
        Offer(
            "Hop Off-Peak",
            Money(2400, "EUR"),
            Coverage(include=(Clause(),), hours=OFF_PEAK),
            0.14,
        ),
        Offer(
            "Hop Daily",
            Money(3200, "EUR"),
            Coverage(include=(Clause(tier_up_to=2),), quotas=(VisitQuota(visits=1, per="day"),)),
            0.10,
        ),
        Offer(
            "Hop Eight",
            Money(1900, "EUR"),
            Coverage(include=(Clause(),), quotas=(VisitQuota(visits=8, per="month"),)),
            0.06,
        ),
    ),
)
