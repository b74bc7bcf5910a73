"""Changes of rows: between two states, and several of one row as one."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from gymhopper.chassis.audit.entry import Change, What


class Seen(msgspec.Struct, frozen=True):
    """A change, with the organisation and the person of its row where it has them."""

    change: Change
    organisation_id: UUID | None
    person_id: UUID | None


def changed(
    kind: str, key: UUID, before: Mapping[str, object] | None, after: Mapping[str, object] | None
) -> Change:
    """What became different between two states of a row; None is no row."""
    what: What = "created" if before is None else "deleted" if after is None else "changed"
    old, new = before or {}, after or {}
    fields: dict[str, dict[str, Any]] = {}
    for name in (*old, *(each for each in new if each not in old)):
        if old.get(name) != new.get(name):
            sides = {"before": old} if after is None else {"before": old, "after": new}
            fields[name] = {
                side: msgspec.to_builtins(values[name])
                for side, values in sides.items()
                if name in values
            }
    return Change(kind=kind, id=key, what=what, fields=fields)


def merged(changes: Iterable[Seen]) -> list[Seen]:
    """A row that was flushed several times is told once: first before, last after."""
    found: dict[tuple[str, UUID], Seen] = {}
    for each in changes:
        key = (each.change.kind, each.change.id)
        found[key] = _joined(found[key], each) if key in found else each
    return list(found.values())


def _joined(first: Seen, then: Seen) -> Seen:
    fields = {name: dict(sides) for name, sides in first.change.fields.items()}
    for name, sides in then.change.fields.items():
        earlier = fields.get(name, {})
        fields[name] = {**sides, **{k: v for k, v in earlier.items() if k == "before"}}
    what = then.change.what if then.change.what == "deleted" else first.change.what
    if what == "created":
        fields = {
            name: {side: value for side, value in sides.items() if side != "before"}
            for name, sides in fields.items()
        }
    return Seen(
        Change(kind=first.change.kind, id=first.change.id, what=what, fields=fields),
        then.organisation_id or first.organisation_id,
        then.person_id or first.person_id,
    )
