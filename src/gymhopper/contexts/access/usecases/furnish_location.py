"""Set up a location: its areas, doors and devices."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.access.domain.places import (
    Area,
    CodeUnusable,
    Device,
    Direction,
    Door,
    Mode,
    hash_code,
)
from gymhopper.contexts.access.domain.records import Device as DeviceRecord
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.access.storage.feed import Change, publish
from gymhopper.contexts.access.usecases.follow_location import publish_doors
from gymhopper.contracts.access.events import DeviceEnrolled
from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.errors import InvalidInput, NotFound
from gymhopper.kernel.ids import new_id


class NewDoor(msgspec.Struct, frozen=True, kw_only=True):
    """A door to be set up; see `domain.places.Door` for the fields."""

    location_id: UUID
    area_id: UUID | None
    name: str
    direction: Direction
    reports_passage: bool
    debounce_seconds: int
    same_visit_seconds: int
    hold_seconds: int
    accepts: tuple[str, ...]


class DoorChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about a door; None stays as it is."""

    name: str | None = None
    mode: Mode | None = None
    reports_passage: bool | None = None
    debounce_seconds: int | None = None
    same_visit_seconds: int | None = None
    hold_seconds: int | None = None
    accepts: tuple[str, ...] | None = None


class ExpectedDevice(msgspec.Struct, frozen=True):
    """A device that may be enrolled with this code, told only now."""

    device: Device
    code: str


async def add_area(uow: UnitOfWork, *, location_id: UUID, name: str) -> Area:
    """A new area of a location; NotFound when the location is not the caller's."""
    organisation_id = await _owner(uow, location_id)
    area = Area(new_id(), organisation_id, location_id, name)
    uow.add(area)
    return area


async def add_door(uow: UnitOfWork, new: NewDoor) -> Door:
    """A new door; the cells know it with the commit."""
    organisation_id = await _owner(uow, new.location_id)
    if new.area_id is not None:
        area = await uow.session.get(Area, new.area_id)
        if area is None or area.location_id != new.location_id:
            raise NotFound("There is no such area at this location.", field="area_id")
    door = Door(
        id=new_id(),
        organisation_id=organisation_id,
        **{**msgspec.structs.asdict(new), "accepts": list(new.accepts)},
    )
    uow.add(door)
    await publish_doors(uow, door_ids=[door.id])
    return door


async def change_door(
    uow: UnitOfWork, door_id: UUID, change: DoorChange, expected: Expected = ANY
) -> Door:
    """Change a door, for example lock it down; doors obey within moments."""
    door = await uow.get(Door, door_id)
    await _owner(uow, door.location_id)
    expected.require(door)
    for name, value in msgspec.structs.asdict(change).items():
        if value is not None:
            setattr(door, name, list(value) if name == "accepts" else value)
    door.version += 1
    await publish_doors(uow, door_ids=[door.id])
    return door


async def add_device(
    uow: UnitOfWork, *, location_id: UUID, name: str, door_ids: Sequence[UUID]
) -> ExpectedDevice:
    """Expect a device for these doors of one location."""
    organisation_id = await _owner(uow, location_id)
    found = await uow.session.scalars(
        sa.select(tables.door.c.id).where(
            tables.door.c.id.in_(list(door_ids)), tables.door.c.location_id == location_id
        )
    )
    if set(found) != set(door_ids):
        raise InvalidInput("A device speaks for doors of its own location.", field="door_ids")
    device = Device(new_id(), organisation_id, location_id, name, list(door_ids))
    code = device.new_code(uow.now)
    uow.add(device)
    return ExpectedDevice(device, code)


async def enrol_device(uow: UnitOfWork, *, code: str, public_key: bytes) -> Device:
    """Take the key of the device that shows the code. CodeUnusable when the code is no good."""
    device_id = await uow.session.scalar(
        sa.select(tables.device.c.id).where(tables.device.c.code_hash == hash_code(code))
    )
    if device_id is None:
        raise CodeUnusable("This enrolment code is wrong, was used, or has expired.")
    device = await uow.get(Device, device_id)
    device.enrol(public_key, uow.now)
    uow.record(
        device,
        DeviceEnrolled(device_id=device.id, location_id=device.location_id),
        organisation_id=device.organisation_id,
    )
    _publish_device(uow, device)
    return device


async def disable_device(uow: UnitOfWork, device_id: UUID) -> Device:
    """Refuse a device; its sessions end with it."""
    device = await uow.get(Device, device_id)
    await _owner(uow, device.location_id)
    device.disable()
    device.version += 1
    if device.public_key is not None:
        _publish_device(uow, device)
    return device


def _publish_device(uow: UnitOfWork, device: Device) -> None:
    record = DeviceRecord(
        public_key=device.public_key or b"",
        doors=tuple(each.bytes for each in device.door_ids),
        enabled=device.status == "enrolled",
    )
    publish(uow, Change("device", device.id.bytes, msgspec.msgpack.encode(record)))


async def _owner(uow: UnitOfWork, location_id: UUID) -> UUID:
    """The location's organisation; row-level security hides the locations of others.

    Forbidden `not_your_place` when the caller is limited to another one.
    """
    found = (
        await uow.session.execute(
            sa.select(tables.location.c.organisation_id, tables.location.c.state).where(
                tables.location.c.id == location_id
            )
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no location with this id.", field="location_id")
    state = msgspec.convert(found.state, LocationState)
    uow.subject.require_place(location_id=location_id, legal_entity_id=state.legal_entity_id)
    organisation_id: UUID = found.organisation_id
    return organisation_id
