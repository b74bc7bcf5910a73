"""A guardian acts for a dependent, up to the day on which the dependent is of age."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gymhopper.kernel.errors import Conflict, InvalidInput

FULL_AGE = 18


class BirthDateNeeded(InvalidInput):
    """Without a birth date nobody knows when the guardianship ends."""

    code = "birth_date_needed"


class NotAMinor(InvalidInput):
    """Who is of age has no guardian here."""

    code = "not_a_minor"


class CannotGuard(InvalidInput):
    """A minor, somebody with a guardian, or the dependent."""

    code = "cannot_guard"


class AlreadyGuardian(Conflict):
    """This member is a guardian of that one already."""

    code = "already_guardian"


@dataclass(eq=False, kw_only=True)
class Guardianship:
    """At one organisation, the guardian's account acts for the dependent.

    Nothing says why it ended: that somebody came of age on a day is a birth date.
    """

    id: UUID
    organisation_id: UUID
    guardian_member_id: UUID
    guardian_person_id: UUID
    dependent_member_id: UUID
    dependent_person_id: UUID
    began_at: datetime
    ended_at: datetime | None = None
    version: int = 0


def of_age(born: date, today: date) -> bool:
    """Whether the person is of age; who was born on 29 February is so on 1 March."""
    return age_on(born, today) >= FULL_AGE


def age_on(born: date, day: date) -> int:
    """The age in whole years; who was born on 29 February is a year older on 1 March."""
    had_birthday = (day.month, day.day) >= (born.month, born.day)
    return day.year - born.year - (0 if had_birthday else 1)
