"""When a class begins, as people say it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from gymhopper.contexts.scheduling.domain.rules import at_local_time
from gymhopper.kernel.errors import InvalidInput

_YEARS = range(1970, 2200)
"""Of which clocks can be asked; how far ahead a class may be is checked with the time of day."""


@dataclass(frozen=True, slots=True)
class Start:
    """An instant, or the wall clock of the location: one of both."""

    instant: datetime | None = None
    local: datetime | None = None

    def __post_init__(self) -> None:
        if (self.instant is None) == (self.local is None):
            raise InvalidInput("Say either start_at or local_start.", field="start_at")

    def at(self, zone: str) -> datetime:
        """The instant. Raises InvalidInput for one that nobody plans for."""
        said = self.local or self.instant
        assert said is not None  # noqa: S101 - one of both
        if said.year not in _YEARS:
            raise InvalidInput("A class begins within ten years.", field="start_at")
        if self.local is not None:
            return at_local_time(self.local.date(), self.local.time(), zone)
        return said.astimezone(UTC)
