"""Say what holds of bookings: of all, of a location's, of those of a kind of class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain import rules
from gymhopper.contexts.scheduling.queries.booking_rules import Standing, said_rules
from gymhopper.contexts.scheduling.storage.tables import booking_rules, class_type
from gymhopper.contexts.scheduling.usecases.reach import place_of
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id

_ONE_AFTER_THE_OTHER = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('scheduling.booking_rules ' || :of, 0))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFor:
    """Whose bookings; None is every one of the organisation's."""

    organisation_id: UUID
    location_id: UUID | None = None
    class_type_id: UUID | None = None


async def say_booking_rules(
    uow: UnitOfWork, of: RulesFor, said: Mapping[str, Any], expected: Expected = ANY
) -> None:
    """All that is said there from now on; bookings that were made keep what they were made on.

    Raises NotFound, InvalidInput, VersionMismatch, Forbidden.
    """
    await _require(uow, of)
    rules.check(said)
    await uow.connection.execute(_ONE_AFTER_THE_OTHER, {"of": str(of.organisation_id)})
    known = await said_rules(uow.connection, of.organisation_id, of.location_id, of.class_type_id)
    expected.require(Standing(known))
    key, table = new_id(), booking_rules.c
    added = insert(booking_rules).values(
        id=key,
        organisation_id=of.organisation_id,
        location_id=of.location_id,
        class_type_id=of.class_type_id,
        version=1,
        rules=dict(said),
    )
    stored = await uow.connection.execute(
        added.on_conflict_do_update(
            constraint="booking_rules_for",
            set_={"rules": added.excluded.rules, "version": table.version + 1},
        ).returning(table.id)
    )
    here = (of.location_id, of.class_type_id)
    before = [each.rules for each in known if (each.location_id, each.class_type_id) == here]
    uow.note(
        "scheduling.booking_rules",
        stored.scalar_one(),
        before={"rules": before[0]} if before else None,
        after={"rules": dict(said)},
        organisation_id=of.organisation_id,
    )


async def _require(uow: UnitOfWork, of: RulesFor) -> None:
    if of.location_id is None:
        uow.subject.require_place()
    else:
        place = await place_of(uow, of.location_id)
        if place.organisation_id != of.organisation_id:
            raise NotFound("There is no location with this id.", field="location_id")
    if of.class_type_id is not None:
        query = select(class_type.c.id).where(
            class_type.c.id == of.class_type_id,
            class_type.c.organisation_id == of.organisation_id,
        )
        if (await uow.connection.execute(query)).one_or_none() is None:
            raise NotFound("There is no class type with this id.", field="class_type_id")
