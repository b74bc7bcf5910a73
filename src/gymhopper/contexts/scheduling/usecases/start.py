"""When a class begins, as people say it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from gymhopper.contexts.scheduling.domain.rules import at_local_time
from gymhopper.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Start:
    """An instant, or the wall clock of the location: one of both."""

    instant: datetime | None = None
    local: datetime | None = None

    def __post_init__(self) -> None:
        if (self.instant is None) == (self.local is None):
            raise InvalidInput("Say either start_at or local_start.", field="start_at")

    def at(self, zone: str) -> datetime:
        """The instant."""
        if self.local is not None:
            return at_local_time(self.local.date(), self.local.time(), zone)
        assert self.instant is not None  # noqa: S101 - one of both
        return self.instant.astimezone(UTC)
