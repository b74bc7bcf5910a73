"""Which locations may be the home of a membership."""

from gymhopper.contexts.membership.domain.errors import HomeMissing, NoHome
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.contracts.venues.api import Location


def check_home(coverage: Coverage, place: Location | None) -> None:
    """Raise HomeMissing where one has to be chosen, NoHome where that one cannot be.

    A tier is left to the doors: it moves, and with it what the home is worth.
    """
    clauses = [each for each in coverage.include if each.home]
    if not clauses:
        if place is not None:
            raise NoHome("This plan has no home location.", field="home_location_id")
        return
    if place is None:
        raise HomeMissing("Choose the home location.", field="home_location_id")
    for each in clauses:
        if (
            (each.locations is None or place.location_id in each.locations)
            and (each.organisations is None or place.organisation_id in each.organisations)
            and (each.cities is None or place.city in each.cities)
        ):
            return
    raise NoHome("This plan has no home there.", field="home_location_id")
