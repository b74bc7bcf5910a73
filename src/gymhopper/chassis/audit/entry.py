"""An entry of the audit log: who did what to which things, when, and from where."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

PERSON = "person"
"""The kind under which an entry is found by a person that it concerns."""

What = Literal["created", "changed", "deleted", "looked_at", "noted"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an entry is about.

    `fields` maps a column to `{"before": ..., "after": ...}`, or to `{"changed": true}` where the
    value must not be copied.
    """

    kind: str
    id: UUID
    what: What
    fields: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """An event that the transaction recorded: its type, and the aggregate it happened to."""

    type: str
    id: UUID


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the log keeps. `number` is its place, given when it is sealed.

    `actor` did it (`staff:0191...`); `on_behalf_of` is the caller through whose eyes a supporter
    looked. `persons` are those whom it concerns. `operation` names the route or command, `path` is
    its template: what stands in for `{member_id}` is among the things.
    """

    id: UUID
    at: datetime
    organisation_id: UUID | None
    actor: str
    on_behalf_of: str | None
    role: str | None
    assignment_id: UUID | None
    session_id: UUID | None
    action: str
    operation: str | None
    method: str | None
    path: str | None
    address: str | None
    user_agent: str | None
    correlation_id: str
    persons: tuple[UUID, ...] = ()
    events: tuple[Happened, ...] = ()
    changes: tuple[Change, ...] = ()
    detail: dict[str, Any] = msgspec.field(default_factory=dict)
    number: int | None = None


def canonical(entry: Entry) -> bytes:
    """The one way to write an entry: JSON without spaces, keys in order, times in UTC.

    A line of an export is this, and the seals are computed over it.
    """
    return msgspec.json.encode(
        msgspec.structs.replace(entry, at=entry.at.astimezone(UTC)), order="sorted"
    )


def things(entry: Entry) -> set[tuple[str, UUID]]:
    """Under which (kind, id) the entry is found."""
    return {
        *((PERSON, each) for each in entry.persons),
        *((each.kind, each.id) for each in entry.changes),
        *((_aggregate(each.type), each.id) for each in entry.events),
    }


def rows(entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
    """Each entry as the row that is stored."""
    for each in entries:
        row = msgspec.structs.asdict(each)
        row["recorded_at"] = row.pop("at")
        yield row


def _aggregate(event_type: str) -> str:
    """`membership.member.registered.v1` happened to a `membership.member`."""
    return ".".join(event_type.split(".")[:2])
