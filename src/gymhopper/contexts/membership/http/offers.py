"""Fields that say what kind of thing a plan sells."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from gymhopper.contexts.membership.domain.guests import Guests
from gymhopper.contexts.membership.domain.offer import Intro, Offer, Pack, Trial
from gymhopper.contexts.membership.http.fields import MoneyField, Request
from gymhopper.contracts.membership.api import PlanKind


class TrialField(Request):
    """Local days before the first charge, and what happens after them."""

    days: int = Field(ge=1, le=366, examples=[14])
    then: Literal["charge", "end"] = "charge"


class IntroField(Request):
    """Who may have an introduction; both guards are on unless they are turned off."""

    new_here: bool = Field(default=True, description="Only for people who were never members here.")
    once_per_person: bool = True


class PackField(Request):
    """Credits that last for one term of the plan, counted from `expires_from`."""

    units: int = Field(ge=1, le=10_000, examples=[10])
    expires_from: Literal["purchase", "first_use", "never"] = "purchase"
    visits: bool = Field(default=True, description="Whether a credit opens doors.")
    class_types: list[UUID] | None = Field(
        default=None, max_length=200, description="Which classes a credit pays for; None is all."
    )
    overshoot: Literal["forgive", "charge", "next_lot"] = Field(
        default="forgive", description="What becomes of a visit for which no credit was left."
    )


class GuestsField(Request):
    """Guests that a member may bring: a pass each, good once within `valid_days` local days."""

    passes: int = Field(ge=1, le=1000, examples=[2])
    per: Literal["month", "period"] = "month"
    valid_days: int = Field(default=1, ge=1, le=366)
    new_here: bool = Field(default=False, description="Only people who were never here.")
    host_inside: bool = Field(
        default=True, description="The host comes in first, on that day at that location."
    )
    fee: MoneyField | None = Field(
        default=None, description="What a guest who came costs the host."
    )


class OfferField(Request):
    """The kind of a plan, with the parts that only that kind has."""

    kind: PlanKind = "recurring"
    trial: TrialField | None = None
    intro: IntroField | None = None
    pack: PackField | None = None
    guests: GuestsField | None = None
    transferable: bool = Field(
        default=False, description="Whether staff may have it go over to another member."
    )
    tax_code: str = Field(
        default="standard",
        pattern=r"^[a-z][a-z0-9_]{0,31}$",
        description="Names one of the seller's rates of tax.",
    )

    def value(self) -> Offer:
        """As the domain has it."""
        return Offer(
            kind=self.kind,
            trial=None if self.trial is None else Trial(days=self.trial.days, then=self.trial.then),
            intro=None
            if self.intro is None
            else Intro(new_here=self.intro.new_here, once_per_person=self.intro.once_per_person),
            pack=None if self.pack is None else _pack(self.pack),
            guests=None if self.guests is None else _guests(self.guests),
            tax_code=self.tax_code,
            transferable=self.transferable,
        )

    @classmethod
    def of(cls, offer: Offer) -> "OfferField":
        """As an answer has it."""
        trial, intro, pack = offer.trial, offer.intro, offer.pack
        return cls(
            kind=offer.kind,
            trial=None if trial is None else TrialField(days=trial.days, then=trial.then),
            intro=None
            if intro is None
            else IntroField(new_here=intro.new_here, once_per_person=intro.once_per_person),
            pack=None
            if pack is None
            else PackField(
                units=pack.units,
                expires_from=pack.expires_from,
                visits=pack.visits,
                class_types=None if pack.class_types is None else list(pack.class_types),
                overshoot=pack.overshoot,
            ),
            guests=None
            if offer.guests is None
            else GuestsField(
                passes=offer.guests.passes,
                per=offer.guests.per,
                valid_days=offer.guests.valid_days,
                new_here=offer.guests.new_here,
                host_inside=offer.guests.host_inside,
                fee=None if offer.guests.fee is None else MoneyField.of(offer.guests.fee),
            ),
            tax_code=offer.tax_code,
            transferable=offer.transferable,
        )


def _guests(field: GuestsField) -> Guests:
    return Guests(
        passes=field.passes,
        per=field.per,
        valid_days=field.valid_days,
        new_here=field.new_here,
        host_inside=field.host_inside,
        fee=None if field.fee is None else field.fee.value(),
    )


def _pack(field: PackField) -> Pack:
    return Pack(
        units=field.units,
        expires_from=field.expires_from,
        visits=field.visits,
        class_types=None if field.class_types is None else tuple(field.class_types),
        overshoot=field.overshoot,
    )
