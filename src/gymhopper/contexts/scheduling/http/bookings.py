"""Bookings over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.paging import PageQuery
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.domain.costs import of_cancelling
from gymhopper.contexts.scheduling.http.book_requests import BookRequest, SeveralRequest
from gymhopper.contexts.scheduling.http.booking_answers import (
    Booking,
    BookingPage,
    CancellationPreview,
    SeveralAnswer,
)
from gymhopper.contexts.scheduling.http.fields import Request, WaiveRequest
from gymhopper.contexts.scheduling.queries.bookings import (
    BookingFilter,
    BookingView,
    booking_view,
    booking_views,
)
from gymhopper.contexts.scheduling.usecases import book_class as booking
from gymhopper.contexts.scheduling.usecases import book_several as booking_several
from gymhopper.contexts.scheduling.usecases import cancel_booking as cancelling
from gymhopper.contexts.scheduling.usecases.guardians import guards
from gymhopper.contexts.scheduling.usecases.mark_attendance import mark
from gymhopper.contexts.scheduling.usecases.settle_penalties import undo_late_cancel, waive_fee
from gymhopper.contracts.scheduling.state import BookingStatus
from gymhopper.kernel.errors import Forbidden, NotFound

router = APIRouter(tags=["bookings"])


class CancelRequest(Request):
    """A cancellation. With `fee` of the preview it is refused when it has become another one."""

    fee: int | None = Field(
        default=None, ge=0, description="Minor units that were shown; 0 for a free one."
    )
    free: bool = Field(default=False, description="Staff: at no cost, however late it is.")


class AttendanceRequest(Request):
    """Whether the person came; `booked` takes back what was said."""

    status: Literal["booked", "attended", "missed"]


class BookingQuery(PageQuery):
    """Which bookings."""

    class_id: UUID | None = None
    member_id: UUID | None = None
    membership_id: UUID | None = None
    status: BookingStatus | None = None
    from_: AwareDatetime | None = Field(
        default=None, alias="from", description="Of classes that end later."
    )
    until: AwareDatetime | None = Field(default=None, description="Of classes that begin before.")


@router.post(
    "/classes/{class_id}/book",
    status_code=201,
    summary="Book a class",
    dependencies=[limited("booking")],
)
async def book_class(
    class_id: UUID,
    body: BookRequest,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:write"),
) -> Booking:
    """A place (`booked`), or one in line (`waiting`, with its `position`).

    Refused with `booking_refused`, a `reason`, and every membership that is held with why it cannot
    be used. Whoever was answered before another one asked stands before that one.
    """
    given = await booking.book_class(here, caller, class_id, body.wish(), bypass=body.bypass)
    return Booking.given(given.booking, given.scene.state, given.position)


@router.post("/bookings", summary="Book several classes", dependencies=[limited("booking")])
async def book_several(
    body: SeveralRequest,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:write"),
) -> SeveralAnswer:
    """In their order, each answered by itself: one that is refused changes nothing about the
    others, and each that is given counts against limits and credits for those behind it. With an
    `Idempotency-Key` all of them are booked once.

    Refused as a whole only when the caller may ask for none of the classes.
    """
    given = await booking_several.book_several(
        here, caller, body.class_ids, body.wish(), bypass=body.bypass
    )
    return SeveralAnswer.of(body.class_ids, given)


@router.get("/bookings", summary="List bookings")
async def list_bookings(
    query: Annotated[BookingQuery, Query()],
    here: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:read"),
) -> BookingPage:
    """Those that the caller may see, by the start of their classes. A guardian names the member."""
    wanted = BookingFilter(
        class_id=query.class_id,
        member_id=query.member_id,
        membership_id=query.membership_id,
        status=query.status,
        from_=query.from_,
        until=query.until,
    )
    guarded = query.member_id is not None and await guards(here, caller, query.member_id)
    async with here.read(SERVICE if guarded else caller) as connection:
        found = await booking_views(
            connection, wanted, after=query.after(tuple[datetime, UUID]), limit=query.fetch
        )
    shown, next_cursor = query.cut(found, lambda each: (each.start_at, each.id))
    return BookingPage(items=[Booking.of(each) for each in shown], next_cursor=next_cursor)


@router.get("/bookings/{booking_id}", summary="Read a booking")
async def read_booking(
    booking_id: UUID,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:read"),
) -> Booking:
    """With the place in line of one that waits."""
    return await _shown(here, caller, booking_id)


@router.get("/bookings/{booking_id}/cancellation", summary="What a cancellation would cost")
async def preview_booking_cancellation(
    booking_id: UUID,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:read"),
) -> CancellationPreview:
    """Now: the fee, and whether credits come back. The sentence is for the member."""
    seen = await _seen(here, caller, booking_id)
    return CancellationPreview.of(of_cancelling(seen, here.clock.now()), seen.free_until)


@router.post("/bookings/{booking_id}/cancel", summary="Cancel a booking")
async def cancel_booking(
    booking_id: UUID,
    body: CancelRequest,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:write"),
) -> Booking:
    """What it costs stands in the preview; a fee is charged later, so that staff can waive it. Who
    is in line comes up."""
    await cancelling.cancel_booking(here, caller, booking_id, shown_fee=body.fee, free=body.free)
    return await _shown(here, caller, booking_id)


@router.post("/bookings/{booking_id}/accept", summary="Take a place that is free")
async def accept_offer(
    booking_id: UUID,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("bookings:write"),
) -> Booking:
    """Of somebody who stands in line: the place that is offered, or, when nobody is moved up any
    more, one that is free."""
    await cancelling.accept(here, caller, booking_id)
    return await _shown(here, caller, booking_id)


@router.post("/bookings/{booking_id}/undo-late-cancel", summary="Undo a late cancellation")
async def undo_late_cancellation(
    booking_id: UUID,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("penalties:write"),
) -> Booking:
    """Staff say that it was in time: no fee, no strike, and credits come back. The place does not:
    somebody else may have it."""
    await _of_staff(here, caller, booking_id)
    by = By.present(caller, here.clock.now())
    async with here.begin(SERVICE) as uow:
        await undo_late_cancel(uow, booking_id, by)
    return await _shown(here, caller, booking_id)


@router.post("/bookings/{booking_id}/waive-fee", summary="Waive a fee")
async def waive_booking_fee(
    booking_id: UUID,
    body: WaiveRequest,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("penalties:write"),
) -> Booking:
    """Of a late cancellation or a missed class, before it is charged."""
    await _of_staff(here, caller, booking_id)
    by = By.present(caller, here.clock.now())
    async with here.begin(SERVICE) as uow:
        await waive_fee(uow, booking_id, body.reason, by)
    return await _shown(here, caller, booking_id)


@router.post("/bookings/{booking_id}/attendance", summary="Say who came")
async def mark_attendance(
    booking_id: UUID,
    body: AttendanceRequest,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("attendance:write"),
) -> Booking:
    """In one tap, and as easily taken back: with it go the fee and the strike of a missed class."""
    await _of_staff(here, caller, booking_id)
    by = By.present(caller, here.clock.now())
    async with here.begin(SERVICE) as uow:
        await mark(uow, booking_id, body.status, by)
    return await _shown(here, caller, booking_id)


async def _of_staff(here: Runtime, caller: AuthSubject, booking_id: UUID) -> None:
    """Raises Forbidden for members, and NotFound for a booking that is not the caller's gym's."""
    seen = await cancelling.booking_of(here, caller, booking_id)
    if caller.person_id is not None:
        raise Forbidden("This is for staff.", code="staff_only")
    if not caller.everywhere and caller.organisation_id != seen.host_organisation_id:
        raise Forbidden("This is for the staff of the gym.", code="staff_only")


async def _shown(here: Runtime, caller: AuthSubject, booking_id: UUID) -> Booking:
    return Booking.of(await _seen(here, caller, booking_id))


async def _seen(here: Runtime, caller: AuthSubject, booking_id: UUID) -> BookingView:
    try:
        async with here.read(caller) as connection:
            return await booking_view(connection, booking_id)
    except NotFound:
        if caller.person_id is None:
            raise
    # The row of somebody whom the caller guards is not theirs in the database.
    return await cancelling.booking_of(here, caller, booking_id)
