"""Half-open stretches of time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Period:
    """`[start, until)`; no `until` means that it has not been given an end."""

    start: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.start:
            raise ValueError("a period does not end before it starts")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant and (self.until is None or instant < self.until)

    def overlaps(self, other: "Period") -> bool:
        """Whether any instant lies in both."""
        return (other.until is None or self.start < other.until) and (
            self.until is None or other.start < self.until
        )
