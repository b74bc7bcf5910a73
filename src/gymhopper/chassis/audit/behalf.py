"""Who is behind a part of what a transaction does for several at once."""

from dataclasses import dataclass
from datetime import datetime

from gymhopper.chassis.audit.acts import entry_by, is_audited
from gymhopper.chassis.audit.entry import Entry
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.correlation import correlation_id


@dataclass(frozen=True, slots=True, eq=False)
class By:
    """A caller, as of their request: its events and its entry of the audit log are theirs.

    `entry` is None for whoever leaves none.
    """

    actor: str
    correlation_id: str
    entry: Entry | None

    @classmethod
    def present(cls, subject: AuthSubject, now: datetime) -> "By":
        """Whoever calls here and now."""
        entry = entry_by(subject, now, "wrote") if is_audited(subject) else None
        return cls(subject.actor, correlation_id(), entry)
