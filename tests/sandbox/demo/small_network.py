"""A network in which everything that a door can say is said, whatever the time of the day."""

from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.kernel.money import Money
from gymhopper.sandbox.demo.network import (
    MAIN,
    Brand,
    City,
    DoorPlan,
    Network,
    Offer,
    Seller,
    Venue,
)

OPERATOR = Brand(
    "Small Network", Seller("Small GmbH", "DE", "EUR", "Europe/Berlin", "19"), "operator"
)
BRAND = Brand("Small Gyms", Seller("Small Gyms KK", "JP", "JPY", "Asia/Tokyo"))
BERLIN = City("Berlin", "DE", "Europe/Berlin", 0.9)
TOKYO = City("Tokyo", "JP", "Asia/Tokyo", 0.1)
ODD_DOORS = (
    DoorPlan("Gate", accepts=("card",)),
    DoorPlan("Rear", mode="lockdown"),
    DoorPlan("Lift", mode="out_of_service"),
)


def _venue(name: str, city: City, tier: int, *doors: DoorPlan, shut: bool = False) -> Venue:
    weekly = () if shut else None
    return Venue(name, BRAND, city, tier, 50.0, 10.0, weekly, (MAIN, *doors), 0)


def _offer(name: str, clause: Clause, *quotas: VisitQuota, never: bool = False) -> Offer:
    coverage = Coverage(include=(clause,), hours=() if never else None, quotas=quotas)
    return Offer(name, Money(2900, "EUR"), coverage, 0.2)


SMALL = Network(
    operator=OPERATOR,
    venues=(
        _venue("First", BERLIN, 1, *ODD_DOORS),
        _venue("Second", BERLIN, 2),
        _venue("Third", TOKYO, 3),
        _venue("Closed", BERLIN, 1, shut=True),
    ),
    offers=(
        _offer("All", Clause()),
        _offer("Two tiers", Clause(tier_up_to=2)),
        _offer("Berlin", Clause(cities=("Berlin",))),
        _offer("Never", Clause(), never=True),
        _offer("Once a day", Clause(), VisitQuota(visits=1, per="day")),
        _offer("Once a month", Clause(), VisitQuota(visits=1, per="month")),
    ),
)
MEMBERS = 60
