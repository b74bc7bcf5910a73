"""Sees what a session writes: which rows, and which columns before and after.

A column is copied only if it can hold neither personal data nor a secret: ids, whole numbers, flags
and instants are, texts and documents are when their context says so (`Context.audit_shows`), bytes
never. Of all others the log says that they changed. So what nobody thought of is hidden.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Boolean, Column, DateTime, Integer, LargeBinary, Uuid, event, inspect
from sqlalchemy.orm import InstanceState, Session, UOWTransaction

from gymhopper.chassis.audit.changes import Seen
from gymhopper.chassis.audit.entry import Change, What

Shows = Mapping[str, frozenset[str]]
"""The columns of each table (`membership.member`) that may be copied beside the plain ones."""

_PLAIN_TYPES = (Boolean, DateTime, Integer, Uuid)


class WatchedSession(Session):
    """A session that hands every row it writes to the trail in its `info`."""


@event.listens_for(WatchedSession, "after_flush")
def _look(session: Session, _: UOWTransaction) -> None:
    trail = session.info["trail"]
    for rows, what in ((session.new, "created"), (session.dirty, "changed")):
        for each in rows:
            trail.see(inspect(each), what)
    for each in session.deleted:
        trail.see(inspect(each), "deleted")


def seen(state: InstanceState[Any], what: What, shows: Shows) -> Seen | None:
    """What was written of one object; None when nothing of it became different."""
    mapper = state.mapper
    table = str(mapper.local_table)
    values = state.dict
    fields = {}
    organisation_id = person_id = None
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if not isinstance(column, Column):
            continue
        match column.name:
            case "organisation_id":
                organisation_id = values.get(attribute.key)
            case "person_id":
                person_id = values.get(attribute.key)
        sides = dict(_sides(state, attribute.key, what))
        if sides:
            shown = _may_be_shown(column, shows.get(table, frozenset()))
            fields[column.name] = (
                {side: msgspec.to_builtins(value) for side, value in sides.items()}
                if shown
                else {"changed": True}
            )
    if not fields:
        return None
    # Rows that share their first id (a person's keys) are told of as one thing.
    keys = state.identity or mapper.primary_key_from_instance(state.obj())
    key = next((each for each in keys if isinstance(each, UUID)), None)
    if key is None:
        return None
    if table == PERSON_TABLE:
        person_id = key
    return Seen(Change(kind=table, id=key, what=what, fields=fields), organisation_id, person_id)


def _sides(state: InstanceState[Any], key: str, what: What) -> Iterator[tuple[str, Any]]:
    """The value before and after, as far as there is one."""
    if what != "changed":
        value = state.dict.get(key)
        if value is not None:
            yield "after" if what == "created" else "before", value
        return
    history = state.attrs[key].history
    if history.has_changes():
        if history.deleted:
            yield "before", history.deleted[0]
        yield "after", history.added[0] if history.added else None


def _may_be_shown(column: Column[Any], shown: frozenset[str]) -> bool:
    if isinstance(column.type, LargeBinary):
        return False
    return column.name in shown or isinstance(column.type, _PLAIN_TYPES)


PERSON_TABLE = "membership.person"
"""The one table whose rows are people; everywhere else a person is a `person_id`."""
