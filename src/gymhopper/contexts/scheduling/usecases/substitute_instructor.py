"""Somebody else teaches."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.queries.told import class_states
from gymhopper.contexts.scheduling.storage.occupation import occupy, vacate
from gymhopper.contexts.scheduling.usecases import parts
from gymhopper.contexts.scheduling.usecases.change_class import class_ahead
from gymhopper.contracts.scheduling.events import InstructorSubstituted
from gymhopper.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """Who teaches instead of whom, and whom to tell."""

    from_instructor_id: UUID
    to_instructor_id: UUID
    tell_members: bool = True
    tell_instructors: bool = True
    override_conflicts: bool = False


async def substitute_instructor(uow: UnitOfWork, class_id: UUID, by: Substitution) -> Class:
    """Raises NotFound, ClassOver, InvalidInput, Retired, Occupied, Forbidden."""
    found = await class_ahead(uow, class_id)
    where = parts.Where(found.host_organisation_id, found.location_id)
    if by.from_instructor_id not in found.instructor_ids:
        raise InvalidInput("They do not teach this class.", field="from_instructor_id")
    if by.to_instructor_id in found.instructor_ids:
        raise InvalidInput("They teach this class already.", field="to_instructor_id")
    await parts.require_instructors(uow, where, [by.to_instructor_id])
    found.instructor_ids = tuple(
        by.to_instructor_id if each == by.from_instructor_id else each
        for each in found.instructor_ids
    )
    found.substitute = True
    if found.schedule_id is not None:
        found.edited = tuple(sorted({*found.edited, "instructor_ids"}))
    await vacate(uow.connection, [found.id])
    await occupy(uow.connection, [found], override=by.override_conflicts)
    [state] = await class_states(uow.connection, [found])
    told = InstructorSubstituted(
        occurrence=state,
        from_instructor_id=by.from_instructor_id,
        to_instructor_id=by.to_instructor_id,
        tell_members=by.tell_members,
        tell_instructors=by.tell_instructors,
    )
    uow.record(found, told, organisation_id=found.host_organisation_id)
    await uow.flush()
    return found
