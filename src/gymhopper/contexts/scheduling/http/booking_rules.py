"""Routes of what holds of bookings."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.scheduling.domain.rules import resolve
from gymhopper.contexts.scheduling.http.fields import MoneyField, Request, WallTime, organisations
from gymhopper.contexts.scheduling.queries import booking_rules as reading
from gymhopper.contexts.scheduling.usecases import say_booking_rules as saying

router = APIRouter(prefix="/booking-rules", tags=["booking rules"])

Number = Annotated[int, Field(ge=0, le=100_000, strict=True)]
Promotion = Literal["promote", "offer"]


class StrikesField(Request):
    """So many (`most`) within so many days, and no bookings for `hold_days`. `late` and `missed`
    tell what counts."""

    most: Number = 3
    within_days: Number = 30
    hold_days: Number = 7
    late: bool = True
    missed: bool = True


class OpeningField(Request):
    """So many days before the class: at the hour of the class, or `at` a local time of that day."""

    days: int = Field(ge=0, le=366, strict=True)
    at: WallTime | None = None


class Rules(Request):
    """Minutes count back from the start of the class."""

    opening: OpeningField | None = Field(
        default=None, description="From when on a class is booked; null: always."
    )
    close_minutes: Number = Field(default=0, description="From then on only staff book.")
    free_minutes: Number = Field(default=720, description="Until then a cancellation is free.")
    late_fee: MoneyField | None = None
    missed_fee: MoneyField | None = None
    late_credits_back: bool = False
    missed_credits_back: bool = False
    fee_hours: Number = Field(default=24, description="For which staff may waive a fee.")
    strikes: StrikesField | None = None
    waitlist: Number | None = Field(
        default=None, description="How many may stand in line; null: all, 0: nobody."
    )
    waitlist_a_day: Number | None = None
    waitlist_mode: Promotion = "promote"
    late_promotion: Promotion = Field(
        default="offer", description="When a cancellation is not free any more."
    )
    cut_off_minutes: Number = Field(default=60, description="From then on nobody comes up unasked.")
    offer_minutes: Number = Field(default=30, description="For which an offer stands.")
    most_open: Number | None = Field(
        default=None, description="How many bookings a person may have ahead."
    )
    overlapping: bool = Field(default=False, description="A person may be in two at a time.")
    guests: Number = Field(default=0, description="Whom a member may bring.")
    enter_before_minutes: Number = 30
    enter_after_minutes: Number = Field(default=15, description="After the start.")
    by_door: bool = Field(default=True, description="An entry at the time marks attendance.")
    unmarked: Literal["attended", "missed"] = Field(
        default="attended", description="What a booking becomes when nobody says."
    )
    unmarked_hours: Number = Field(default=24, description="After the class.")
    missed_counts: bool = Field(default=True, description="A missed class counts as a visit.")


class SaidRules(Request):
    """What is said of the organisation's bookings, of those at a location, of those of a kind of
    class, or of those of that kind there. What `rules` leave out is not said."""

    organisation_id: UUID | None = None
    location_id: UUID | None = None
    class_type_id: UUID | None = None
    rules: Rules


class Said(BaseModel):
    """What was said, where."""

    location_id: UUID | None
    class_type_id: UUID | None
    rules: dict[str, Any]


class BookingRules(BaseModel):
    """All that was `said` that touches such classes, what weighs more after what weighs less, and
    the `rules` that hold because of it."""

    said: list[Said]
    rules: Rules


class RulesQuery(BaseModel):
    """Of which classes: null is of all, what was said of only some left aside."""

    model_config = ConfigDict(extra="forbid")

    organisation_id: UUID
    location_id: UUID | None = None
    class_type_id: UUID | None = None


@router.get("", summary="Read booking rules")
async def get_booking_rules(
    query: Annotated[RulesQuery, Query()],
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:read"),
) -> BookingRules:
    """What holds: of what was said of the organisation, of the location, of the kind of class and
    of that kind at that location, the last of each."""
    organisations(caller, query.organisation_id)
    async with runtime.read(caller) as connection:
        said = await reading.said_rules(
            connection, query.organisation_id, query.location_id, query.class_type_id
        )
    return _shown(response, said)


@router.put("", summary="Say booking rules")
async def put_booking_rules(
    body: SaidRules,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> BookingRules:
    """All that is said there, from now on. Bookings that were made keep the fees and times that
    they were made on."""
    of = saying.RulesFor(
        organisation_id=await tenant(runtime, caller, body.organisation_id),
        location_id=body.location_id,
        class_type_id=body.class_type_id,
    )
    said = body.rules.model_dump(mode="json", exclude_unset=True)
    async with runtime.begin(caller) as uow:
        await saying.say_booking_rules(uow, of, said, expected)
        found = await reading.said_rules(
            uow.connection, of.organisation_id, of.location_id, of.class_type_id
        )
    return _shown(response, found)


def _shown(response: Response, said: list[reading.SaidRules]) -> BookingRules:
    set_etag(response, reading.Standing(said).version)
    holds = msgspec.to_builtins(resolve(each.rules for each in said))
    return BookingRules(
        said=[
            Said(location_id=each.location_id, class_type_id=each.class_type_id, rules=each.rules)
            for each in said
        ],
        rules=Rules.model_validate(holds),
    )
