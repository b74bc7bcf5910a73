"""What a kind of class asks of whoever comes."""

import msgspec


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """At least so much in a discipline, as staff have said of the member."""

    discipline: str
    at_least: int


class Requirements(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Asked at the time of the class: `minimum_age` and `maximum_age` are in whole years, both
    included; with `waivers` whatever the gym has to have signed is signed by then. Who is younger
    than `staffed_below` comes only while the place is staffed."""

    minimum_age: int | None = None
    maximum_age: int | None = None
    level: Level | None = None
    waivers: bool = True
    staffed_below: int | None = None

    @property
    def by_age(self) -> bool:
        """Whether an age has to be known."""
        return not (self.minimum_age is self.maximum_age is self.staffed_below is None)
