"""Bookings as answers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gymhopper.chassis.http.paging import Page
from gymhopper.contexts.scheduling.domain.booking import Booking as Held
from gymhopper.contexts.scheduling.domain.costs import Cost
from gymhopper.contexts.scheduling.domain.refusals import Code
from gymhopper.contexts.scheduling.http.fields import MoneyField
from gymhopper.contexts.scheduling.http.timetable import Verdict
from gymhopper.contexts.scheduling.queries.bookings import BookingView, view_of
from gymhopper.contexts.scheduling.usecases.take_places import Given
from gymhopper.contracts.scheduling.state import BookingStatus, Channel, ClassState, Ending
from gymhopper.kernel.errors import GymhopperError


class Booking(BaseModel):
    """A booking. `number` is the order in which the class's requests were served, `position` the
    place in line of one that waits, from 1. A cancellation costs nothing before `free_until`, and
    after it what `late_fee` says; a missed class what `missed_fee` says."""

    id: UUID
    class_id: UUID
    class_name: str
    location_id: UUID
    host_organisation_id: UUID
    home_organisation_id: UUID
    member_id: UUID
    person_id: UUID
    membership_id: UUID | None
    channel: Channel
    status: BookingStatus
    number: int
    position: int | None
    start: datetime
    until: datetime
    zone: str
    spot: str | None
    credits: int
    free_until: datetime
    late_fee: MoneyField | None
    missed_fee: MoneyField | None
    bypassed: list[str]
    booked_at: datetime
    wait_until: datetime | None
    offered_until: datetime | None
    host_booking_id: UUID | None
    ended_at: datetime | None
    ending: Ending | None

    @classmethod
    def of(cls, view: BookingView) -> "Booking":
        """As it is read."""
        terms = view.terms
        return cls.model_construct(
            id=view.id,
            class_id=view.class_id,
            class_name=view.class_name,
            location_id=view.location_id,
            host_organisation_id=view.host_organisation_id,
            home_organisation_id=view.home_organisation_id,
            member_id=view.member_id,
            person_id=view.person_id,
            membership_id=view.membership_id,
            channel=view.channel,
            status=view.status,
            number=view.number,
            position=view.position,
            start=view.start_at,
            until=view.until_at,
            zone=view.zone,
            spot=view.spot,
            credits=view.credits,
            free_until=view.free_until,
            late_fee=None if terms.late_fee is None else MoneyField.of(terms.late_fee),
            missed_fee=None if terms.missed_fee is None else MoneyField.of(terms.missed_fee),
            bypassed=list(view.bypassed),
            booked_at=view.booked_at,
            wait_until=view.wait_until,
            offered_until=view.offered_until,
            host_booking_id=view.host_booking_id,
            ended_at=view.ended_at,
            ending=view.ending,
        )

    @classmethod
    def given(cls, booking: Held, of: ClassState, position: int | None) -> "Booking":
        """As it was just made."""
        return cls.of(
            view_of(
                booking,
                name=of.name,
                location_id=of.location_id,
                zone=of.zone,
                position=position,
            )
        )


class BookingProblem(BaseModel):
    """Why one class of several was not booked: the problem that it would be answered with alone.
    `reason`, `from` and `memberships` are told with `booking_refused`."""

    status: int
    code: str
    detail: str
    field: str | None = None
    reason: Code | None = None
    from_: datetime | None = Field(default=None, alias="from")
    memberships: list[Verdict] | None = None

    @classmethod
    def of(cls, error: GymhopperError) -> "BookingProblem":
        """As the error says."""
        told = {"status": error.status, "code": error.reason, "detail": error.detail}
        return cls.model_validate({**told, "field": error.field, **error.more})


class SeveralItem(BaseModel):
    """What came of one class: a `booking`, booked or waiting, or a `problem`."""

    class_id: UUID
    booking: Booking | None = None
    problem: BookingProblem | None = None


class SeveralAnswer(BaseModel):
    """The classes in the order in which they were asked for."""

    items: list[SeveralItem]

    @classmethod
    def of(
        cls, class_ids: Sequence[UUID], given: Sequence[Given | GymhopperError]
    ) -> "SeveralAnswer":
        """As the use case has it."""
        return cls(
            items=[
                SeveralItem(class_id=class_id, problem=BookingProblem.of(each))
                if isinstance(each, GymhopperError)
                else SeveralItem(
                    class_id=class_id,
                    booking=Booking.given(each.booking, each.scene.state, each.position),
                )
                for class_id, each in zip(class_ids, given, strict=True)
            ]
        )


class BookingPage(Page[Booking]):
    """Some of the bookings."""


class CancellationPreview(BaseModel):
    """What a cancellation would cost now. `sentence` is to be shown before it is confirmed."""

    model_config = ConfigDict(from_attributes=True)

    late: bool
    free_until: datetime
    fee: MoneyField | None
    credits_back: int
    credits_lost: int
    sentence: str

    @classmethod
    def of(cls, cost: Cost, free_until: datetime) -> "CancellationPreview":
        """As it was worked out."""
        return cls(
            late=cost.late,
            free_until=free_until,
            fee=None if cost.fee is None else MoneyField.of(cost.fee),
            credits_back=cost.credits_back,
            credits_lost=cost.credits_lost,
            sentence=cost.sentence,
        )
