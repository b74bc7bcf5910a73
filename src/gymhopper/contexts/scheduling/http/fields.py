"""Fields that several requests and answers have in common."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    StringConstraints,
    WithJsonSchema,
)

from gymhopper.chassis.auth import AuthSubject
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.usecases.reach import acts_for
from gymhopper.kernel.errors import InvalidInput, NotFound
from gymhopper.kernel.money import Money

# PostgreSQL has no text with a NUL, and other control characters have no place in a name either.
_NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_CONTROL),
]
Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=_NO_CONTROL),
]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=r"^[^\x00]*$")
]
Minutes = Annotated[int, Field(ge=5, le=1440, strict=True, examples=[55])]
Capacity = Annotated[int, Field(ge=0, le=10_000, strict=True, examples=[20])]

_HOUR = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"


def _plain(at: time) -> time:
    if at.tzinfo is not None or at.microsecond:
        raise ValueError("a time on the wall clock is in whole seconds, without a zone")
    return at


# JSON Schema's own formats are for times with a zone (RFC 3339), and the wall clock has none.
WallTime = Annotated[
    time,
    AfterValidator(_plain),
    WithJsonSchema({"type": "string", "pattern": f"^{_HOUR}$", "examples": ["18:00:00"]}),
]
WallClock = Annotated[
    NaiveDatetime,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_HOUR}$",
            "examples": ["2030-05-06T18:00:00"],
        }
    ),
]

LARGEST_AMOUNT = 10**9

FIRST_YEAR, LAST_YEAR = 2000, 2199


def _reckoned(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"a time between the years {FIRST_YEAR} and {LAST_YEAR}")
    return at.astimezone(UTC)


# Days are added to it, which the first and the last years that there are do not bear.
Instant = Annotated[AwareDatetime, AfterValidator(_reckoned)]


class Request(BaseModel):
    """A body whose every field is known."""

    model_config = ConfigDict(extra="forbid")


class Patch(Request):
    """A merge patch (RFC 7396): what is absent stays, null takes back what may be missing."""

    def given(self, *nullable: str) -> dict[str, Any]:
        """What was given, by name. Raises InvalidInput for null where it means nothing."""
        for name in self.model_fields_set - set(nullable):
            if getattr(self, name) is None:
                raise InvalidInput("This cannot be null.", field=name)
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class MoneyField(Request):
    """Minor units of an ISO 4217 currency: EUR 12.50 is 1250 EUR."""

    amount: int = Field(ge=0, le=LARGEST_AMOUNT, strict=True)
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])

    @classmethod
    def of(cls, money: Money) -> "MoneyField":
        """As an answer has it."""
        return cls(amount=money.amount, currency=money.currency)


class WaiveRequest(Request):
    """Why a fee is not charged; it is kept with the fee."""

    reason: Text = Field(min_length=1, examples=["was ill"])


class CapsField(Request):
    """Places at most for each channel: null is as many as there are, 0 is none. `networks` are the
    allotments of network operators by their ids; a network without one books nothing."""

    online: Capacity | None = None
    desk: Capacity | None = None
    networks: dict[UUID, Capacity] = Field(default={}, max_length=100)

    def value(self) -> Caps:
        """As the domain has it."""
        return Caps(online=self.online, desk=self.desk, networks=self.networks)

    @classmethod
    def of(cls, caps: Caps) -> "CapsField":
        """As an answer has it."""
        return cls(online=caps.online, desk=caps.desk, networks=caps.networks)


def organisations(caller: AuthSubject, given: UUID | None = None) -> Sequence[UUID] | None:
    """Whose things the caller is shown: the given organisation's if it is one of its own, or else
    those of all its own; None is everybody's. Raises NotFound."""
    if given is not None:
        if not acts_for(caller, given):
            raise NotFound("There is no organisation with this id.", field="organisation_id")
        return (given,)
    if caller.everywhere:
        return None
    return caller.within if caller.organisation_id is None else (caller.organisation_id,)
