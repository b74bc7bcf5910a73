"""Routes of classes: what staff do with one of them."""

from uuid import UUID

from fastapi import APIRouter, Response

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.contexts.scheduling.http.class_fields import (
    ChangedClass,
    ChangedClassAnswer,
    ClassAnswer,
    NewClassBody,
    SubstitutionBody,
    fields_of,
)
from gymhopper.contexts.scheduling.usecases import cancel_class as cancelling
from gymhopper.contexts.scheduling.usecases import change_class as changing
from gymhopper.contexts.scheduling.usecases.schedule_class import schedule_class
from gymhopper.contexts.scheduling.usecases.substitute_instructor import (
    Substitution,
    substitute_instructor,
)

router = APIRouter(prefix="/classes", tags=["classes"])


@router.post("", status_code=201, summary="Put a class into the timetable")
async def create_class(
    body: NewClassBody,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> ClassAnswer:
    """A class that belongs to no series. 409 `occupied` names the room or the instructor that is
    not free."""
    async with runtime.begin(caller) as uow:
        made = await schedule_class(uow, body.value())
    set_etag(response, made.version)
    return ClassAnswer(**fields_of(made))


@router.patch("/{class_id}", summary="Change a class")
async def change_class(
    class_id: UUID,
    body: ChangedClass,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> ChangedClassAnswer:
    """This one alone: what was changed stays so when its schedule is. Bookings follow to another
    time or room. Where there are fewer places than bookings nobody loses theirs, and nobody comes
    up from the line."""
    async with runtime.begin(caller) as uow:
        found, moved = await changing.change_class(
            uow, class_id, body.changes(), expected, override=body.override_conflicts
        )
    set_etag(response, found.version)
    return ChangedClassAnswer(**fields_of(found), bookings=moved)


@router.post("/{class_id}/cancel", summary="Cancel a class")
async def cancel_class(
    class_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> ChangedClassAnswer:
    """Each of its bookings is cancelled, by the gym: whoever had a place gets their credits back,
    and nobody owes anything. This cannot be undone; put another class into the timetable."""
    async with runtime.begin(caller) as uow:
        found, ended = await cancelling.cancel_one_class(uow, class_id)
    set_etag(response, found.version)
    return ChangedClassAnswer(**fields_of(found), bookings=ended)


@router.post("/{class_id}/substitute", summary="Have somebody else teach a class")
async def substitute_in_class(
    class_id: UUID,
    body: SubstitutionBody,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("timetable:write"),
) -> ClassAnswer:
    """One call for a teacher who is ill: it is checked that the other one is free, and members and
    both instructors are told unless they are not to be."""
    by = Substitution(**body.model_dump())
    async with runtime.begin(caller) as uow:
        found = await substitute_instructor(uow, class_id, by)
    set_etag(response, found.version)
    return ClassAnswer(**fields_of(found))
