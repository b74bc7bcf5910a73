"""Areas, doors and devices of a location."""

from base64 import b64decode
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.limits import limited
from gymhopper.contexts.access.domain.places import Area, Device, Door
from gymhopper.contexts.access.usecases import furnish_location
from gymhopper.kernel.errors import InvalidInput

router = APIRouter(tags=["access"])

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
Accepts = Annotated[list[Literal["card", "pass"]], Field(min_length=1)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewArea(_Request):
    """An area to be added to a location."""

    location_id: UUID
    name: Name = Field(examples=["Gym floor"])


class AreaView(BaseModel):
    """An area."""

    id: UUID
    location_id: UUID
    name: str


class NewDoor(_Request):
    """A door to be added. `same_visit_seconds`: coming back within it is the same visit."""

    location_id: UUID
    area_id: UUID | None = None
    name: Name = Field(examples=["Main entrance"])
    direction: Literal["entry", "exit"] = "entry"
    reports_passage: bool = False
    debounce_seconds: Annotated[int, Field(ge=0, le=300)] = 5
    same_visit_seconds: Seconds = 0
    hold_seconds: Annotated[int, Field(ge=1, le=300)] = 15
    accepts: Accepts = ["card", "pass"]


class DoorChange(_Request):
    """What is to change; what is left out stays."""

    name: Name | None = None
    mode: Literal["normal", "lockdown", "out_of_service"] | None = None
    reports_passage: bool | None = None
    debounce_seconds: Annotated[int, Field(ge=0, le=300)] | None = None
    same_visit_seconds: Seconds | None = None
    hold_seconds: Annotated[int, Field(ge=1, le=300)] | None = None
    accepts: Accepts | None = None


class DoorView(BaseModel):
    """A door as it is now."""

    id: UUID
    location_id: UUID
    area_id: UUID | None
    name: str
    direction: str
    mode: str
    reports_passage: bool
    debounce_seconds: int
    same_visit_seconds: int
    hold_seconds: int
    accepts: list[str]


class NewDevice(_Request):
    """A device that is expected at a location, for these of its doors."""

    location_id: UUID
    name: Name = Field(examples=["Reader at the main entrance"])
    door_ids: Annotated[list[UUID], Field(min_length=1, max_length=64)]


class DeviceView(BaseModel):
    """A device. `enrolment_code` is told once, when the device was added."""

    id: UUID
    location_id: UUID
    name: str
    status: str
    door_ids: list[UUID]
    enrolment_code: str | None = None
    enrolment_expires_at: datetime | None = None


class Enrolment(_Request):
    """A device's answer to its code: its own Ed25519 public key, raw, in base64."""

    code: Annotated[str, Field(min_length=8, max_length=64)]
    public_key: Annotated[str, Field(max_length=64)]


@router.post("/areas", status_code=201, summary="Add an area to a location")
async def add_area(
    body: NewArea, here: CurrentRuntime, caller: AuthSubject = scoped("access:write")
) -> AreaView:
    """A part of the location that doors lead to."""
    async with here.begin(caller) as uow:
        area = await furnish_location.add_area(uow, location_id=body.location_id, name=body.name)
    return _area(area)


@router.post("/doors", status_code=201, summary="Add a door to a location")
async def add_door(
    body: NewDoor,
    response: Response,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("access:write"),
) -> DoorView:
    """Its location's gate knows it within moments."""
    async with here.begin(caller) as uow:
        door = await furnish_location.add_door(
            uow,
            furnish_location.NewDoor(**{**body.model_dump(), "accepts": tuple(body.accepts)}),
        )
    set_etag(response, door.version)
    return _door(door)


@router.get("/doors/{door_id}", summary="Read a door")
async def get_door(
    door_id: UUID,
    response: Response,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("access:read"),
) -> DoorView:
    """A door as it is now."""
    async with here.begin(caller) as uow:
        door = await uow.get(Door, door_id)
    set_etag(response, door.version)
    return _door(door)


@router.patch("/doors/{door_id}", summary="Change a door, or lock it down")
async def change_door(
    door_id: UUID,
    body: DoorChange,
    expected: IfMatch,
    response: Response,
    here: CurrentRuntime,
    caller: AuthSubject = scoped("access:write"),
) -> DoorView:
    """The door obeys within moments; what is left out stays as it is."""
    values = body.model_dump()
    values["accepts"] = None if body.accepts is None else tuple(body.accepts)
    async with here.begin(caller) as uow:
        door = await furnish_location.change_door(
            uow, door_id, furnish_location.DoorChange(**values), expected
        )
    set_etag(response, door.version)
    return _door(door)


@router.post("/devices", status_code=201, summary="Expect a device")
async def add_device(
    body: NewDevice, here: CurrentRuntime, caller: AuthSubject = scoped("access:write")
) -> DeviceView:
    """The answer has the code with which the device enrols. It is told only now."""
    async with here.begin(caller) as uow:
        expected = await furnish_location.add_device(
            uow, location_id=body.location_id, name=body.name, door_ids=body.door_ids
        )
    return _device(expected.device, expected.code)


@router.post("/devices/enrol", summary="Enrol a device", dependencies=[limited("sign_in")])
async def enrol_device(
    body: Enrolment, here: CurrentRuntime, caller: AuthSubject = public()
) -> DeviceView:
    """The device shows its one-time code and leaves its public key."""
    del caller  # the one-time code says who it is
    try:
        public_key = b64decode(body.public_key, validate=True)
    except ValueError as error:
        raise InvalidInput("The key is not base64.", field="public_key") from error
    async with here.begin(SERVICE) as uow:
        device = await furnish_location.enrol_device(uow, code=body.code, public_key=public_key)
    return _device(device)


@router.post("/devices/{device_id}/disable", summary="Refuse a device from now on")
async def disable_device(
    device_id: UUID, here: CurrentRuntime, caller: AuthSubject = scoped("access:write")
) -> DeviceView:
    """Its sessions end with it."""
    async with here.begin(caller) as uow:
        return _device(await furnish_location.disable_device(uow, device_id))


def _area(area: Area) -> AreaView:
    return AreaView(id=area.id, location_id=area.location_id, name=area.name)


def _door(door: Door) -> DoorView:
    return DoorView(**{name: getattr(door, name) for name in DoorView.model_fields})


def _device(device: Device, code: str | None = None) -> DeviceView:
    return DeviceView(
        id=device.id,
        location_id=device.location_id,
        name=device.name,
        status=device.status,
        door_ids=device.door_ids,
        enrolment_code=code,
        enrolment_expires_at=device.code_expires_at,
    )
