"""Fields that several requests and answers have in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.contexts.membership.domain.agreement import MarketingChannel
from gymhopper.contexts.membership.usecases.keep_agreement import AgreementGiven
from gymhopper.kernel.money import Money

# PostgreSQL has no text with a NUL, and other control characters have no place in a name either.
_NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"

Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=_NO_CONTROL),
]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_CONTROL),
]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00]*$"),
]
Language = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35),
    Field(description="A BCP 47 tag.", examples=["en", "de-AT"]),
]

Email = Annotated[
    str, StringConstraints(max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")
]

LARGEST_AMOUNT = 10**12


class Request(BaseModel):
    """A body whose every field is known."""

    model_config = ConfigDict(extra="forbid")


class MoneyField(Request):
    """Minor units of an ISO 4217 currency: EUR 12.50 is 1250 EUR."""

    amount: int = Field(ge=0, le=LARGEST_AMOUNT, strict=True)
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])

    def value(self) -> Money:
        """As the domain has it."""
        return Money(self.amount, self.currency)

    @classmethod
    def of(cls, money: Money) -> "MoneyField":
        """As an answer has it."""
        return cls(amount=money.amount, currency=money.currency)


class AgreementField(Request):
    """Which versions of which texts the person agreed to, and how."""

    terms: Word
    privacy: Word
    language: Language
    channel: Literal["online", "desk", "network"]
    mandate: Word | None = None
    health_clearance: Word | None = Field(
        default=None, description="Version of the declaration that was given, not its answers."
    )
    early_start: bool = Field(
        default=False, description="Asked to start before the time for withdrawal is over."
    )
    marketing: dict[MarketingChannel, bool] = Field(default_factory=dict)
    ip: str | None = Field(default=None, pattern=r"^[0-9A-Fa-f.:]{2,45}$")

    def value(self) -> AgreementGiven:
        """As the use case takes it."""
        return AgreementGiven(
            terms=self.terms,
            privacy=self.privacy,
            language=self.language,
            channel=self.channel,
            mandate=self.mandate,
            health_clearance=self.health_clearance,
            early_start=self.early_start,
            marketing={str(channel): yes for channel, yes in self.marketing.items()},
            ip=self.ip,
        )
