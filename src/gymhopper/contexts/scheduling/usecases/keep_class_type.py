"""Make a kind of class, change it, and offer it no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.class_type import ClassType
from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.usecases.reach import held
from gymhopper.contracts.scheduling.events import ClassTypeChanged, ClassTypeCreated
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClassType:
    """See `ClassType` for the fields."""

    organisation_id: UUID
    name: str
    description: str
    minutes: int
    credits: int
    requirements: Requirements


async def make_class_type(uow: UnitOfWork, new: NewClassType) -> ClassType:
    """A kind of class. Raises InvalidInput, and Forbidden for callers who are limited to a
    place."""
    uow.subject.require_place()
    made = ClassType(
        id=new_id(),
        organisation_id=new.organisation_id,
        name=new.name,
        description=new.description,
        minutes=new.minutes,
        credits=new.credits,
        requirements=new.requirements,
        created_at=uow.now,
    )
    uow.add(made)
    created = ClassTypeCreated(
        class_type_id=made.id, organisation_id=made.organisation_id, name=made.name
    )
    uow.record(made, created, organisation_id=made.organisation_id)
    await uow.flush()
    return made


async def change_class_type(
    uow: UnitOfWork, class_type_id: UUID, given: Mapping[str, Any], expected: Expected = ANY
) -> ClassType:
    """Holds for bookings that are made from now on; classes keep their names.

    Raises NotFound, InvalidInput, Retired, VersionMismatch, Forbidden.
    """
    found = await _held(uow, class_type_id, expected)
    found.change(given)
    if uow.session.is_modified(found):
        _tell(uow, found)
    await uow.flush()
    return found


async def retire_class_type(uow: UnitOfWork, class_type_id: UUID) -> ClassType:
    """No new classes or schedules of it; those there are stay. Raises NotFound, Retired,
    Forbidden."""
    found = await _held(uow, class_type_id, ANY)
    found.retire(uow.now)
    _tell(uow, found)
    await uow.flush()
    return found


async def _held(uow: UnitOfWork, class_type_id: UUID, expected: Expected) -> ClassType:
    found = await held(uow, ClassType, class_type_id, "class type")
    # Many places may share it: whoever is limited to one of them leaves it as it is.
    uow.subject.require_place()
    expected.require(found)
    return found


def _tell(uow: UnitOfWork, changed: ClassType) -> None:
    event = ClassTypeChanged(
        class_type_id=changed.id,
        organisation_id=changed.organisation_id,
        name=changed.name,
        retired=changed.retired_at is not None,
    )
    uow.record(changed, event, organisation_id=changed.organisation_id)
