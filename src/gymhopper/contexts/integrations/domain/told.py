"""What one organisation learns of an event."""

from dataclasses import dataclass
from uuid import UUID

import msgspec


@dataclass(frozen=True, slots=True)
class Told:
    """What one organisation learns."""

    organisation_id: UUID
    data: msgspec.Struct
