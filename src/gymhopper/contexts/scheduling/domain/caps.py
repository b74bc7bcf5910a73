"""How many places of a class each channel may take."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from gymhopper.contracts.scheduling.state import Channel


class Caps(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Places at most for each channel; None: as many as there are, 0: none.

    `networks` are the allotments of network operators by their ids; a network without one books
    nothing. Together they may be more than the class has places: the total is never exceeded.
    """

    online: int | None = None
    desk: int | None = None
    networks: dict[UUID, int] = {}

    def of(self, channel: Channel, home_organisation_id: UUID) -> int | None:
        """The cap for a booking through the channel by a member of that organisation."""
        if channel == "network":
            return self.networks.get(home_organisation_id, 0)
        return self.online if channel == "online" else self.desk

    @property
    def any(self) -> bool:
        """Whether a channel may take fewer places than there are."""
        return self.online is not None or self.desk is not None or bool(self.networks)


EVERYBODY = Caps()
"""Each channel takes as many places as there are, and networks none."""

Lane = tuple[Channel, UUID | None]
"""What a cap is for: a channel, and of a network whose."""


def lane(channel: Channel, home_organisation_id: UUID) -> Lane:
    """Which cap a booking counts against."""
    return channel, home_organisation_id if channel == "network" else None


Taken = Mapping[Lane, int]
"""How many places are taken, by cap."""
