"""What others may ask about people: no names, no dates of birth."""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import msgspec


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a class may require of a person.

    `unsigned` tells that something which must be signed by then is not. `age` is in whole years on
    the day that was asked for, None when the date of birth is not known.
    """

    person_id: UUID
    unsigned: bool = False
    age: int | None = None


class PeopleApi(Protocol):
    """Answers about many people at once."""

    async def standings(
        self,
        *,
        organisation_id: UUID,
        person_ids: tuple[UUID, ...],
        at: datetime,
        day: date,
        ages: bool,
    ) -> tuple[Standing, ...]:
        """The standing of those members of the organisation at an instant, in no order; ages only
        if asked, because they have to be unsealed. Who is no member there is left out."""
        ...
