"""What stands at a location: areas, doors, and the devices that speak for doors."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from gymhopper.kernel.errors import Conflict, InvalidInput

CODE_LIFETIME = timedelta(hours=24)

Mode = Literal["normal", "lockdown", "out_of_service"]
Direction = Literal["entry", "exit"]


class CodeUnusable(InvalidInput):
    """The enrolment code is wrong, was used, or has expired."""

    code = "enrolment_code_unusable"


@dataclass(eq=False)
class Area:
    """A part of a location that people enter, such as a gym floor or a pool."""

    id: UUID
    organisation_id: UUID
    location_id: UUID
    name: str
    version: int = 0


@dataclass(eq=False)
class Door:
    """Leads into an area or out of it.

    `debounce_seconds` is how long a scan repeated at the door gets the same answer,
    `same_visit_seconds` how long coming back to the location is still the same visit, and
    `hold_seconds` how long an allowed visit waits for the passage, where the door reports one.
    """

    id: UUID
    organisation_id: UUID
    location_id: UUID
    area_id: UUID | None
    name: str
    direction: Direction = "entry"
    mode: Mode = "normal"
    reports_passage: bool = False
    debounce_seconds: int = 5
    same_visit_seconds: int = 0
    hold_seconds: int = 15
    accepts: list[str] = field(default_factory=lambda: ["card", "pass"])
    version: int = 0


@dataclass(eq=False)
class Device:
    """A reader, tablet or controller. It makes its key itself and shows a one-time code once."""

    id: UUID
    organisation_id: UUID
    location_id: UUID
    name: str
    door_ids: list[UUID]
    status: Literal["pending", "enrolled", "disabled"] = "pending"
    public_key: bytes | None = None
    code_hash: bytes | None = None
    code_expires_at: datetime | None = None
    version: int = 0

    def new_code(self, now: datetime) -> str:
        """Expect an enrolment: returns the code, which is told once and stored as a hash.

        A device that was enrolled keeps working with its old key until the code is used.
        """
        code = secrets.token_hex(10)
        self.code_hash = hash_code(code)
        self.code_expires_at = now + CODE_LIFETIME
        return code

    def enrol(self, public_key: bytes, now: datetime) -> None:
        """Take the device's raw Ed25519 public key; CodeUnusable when the code has expired."""
        if len(public_key) != 32:
            raise InvalidInput("An Ed25519 public key has 32 bytes.", field="public_key")
        if self.code_expires_at is None or now >= self.code_expires_at:
            raise CodeUnusable("This enrolment code is wrong, was used, or has expired.")
        self.public_key = public_key
        self.status = "enrolled"
        self.code_hash = self.code_expires_at = None

    def disable(self) -> None:
        """Refuse the device from now on."""
        if self.status == "disabled":
            raise Conflict("This device is switched off already.", code="device_disabled")
        self.status = "disabled"
        self.code_hash = self.code_expires_at = None


def hash_code(code: str) -> bytes:
    """Under which an enrolment code is found. It is random enough to need no salt."""
    return sha256(code.encode()).digest()
