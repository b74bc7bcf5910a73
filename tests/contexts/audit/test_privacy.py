"""Nothing personal and nothing secret gets into the log, whatever a context forgets to say."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, mapperlib, registry

from gymhopper.chassis.audit.watching import seen
from gymhopper.chassis.registry import load
from gymhopper.chassis.settings import CONTEXTS
from gymhopper.kernel.ids import new_id

SHOWN = {
    table: frozenset(columns.split())
    for context in load(CONTEXTS)
    for table, columns in context.audit_shows.items()
}
# What a person, or whoever reads over their shoulder, would not want to find in a log.
PERSONAL = (
    "email", "mail", "phone", "first_name", "last_name", "birth", "contact", "note", "reason",
    "tags", "hash", "secret", "key", "password", "token", "ending", "ip", "address_line", "sealed",
    "failure", "description", "url", "device_name", "user_agent", "state", "body",
)  # fmt: skip
CLOSED = {"disabled_reason", "ended_because", "end_reason", "closed_reason"}
"""Reasons that are one of a few words of ours."""


def mappers() -> Iterator[Mapper[Any]]:
    load(CONTEXTS)
    for each in mapperlib._all_registries():
        for mapper in each.mappers:
            if mapper.class_.__module__.startswith("gymhopper."):
                yield mapper


MAPPED = sorted(mappers(), key=lambda each: str(each.local_table))


def test_every_context_that_maps_rows_is_swept() -> None:
    assert len(MAPPED) >= 15
    assert {str(each.local_table).partition(".")[0] for each in MAPPED} >= {
        "access", "billing", "identity", "membership", "staff", "venues",
    }  # fmt: skip


def test_what_is_shown_exists_and_sounds_harmless() -> None:
    # Beside the mapped ones some are written by SQL.
    tables = {
        name: table
        for each in MAPPED
        for name, table in each.local_table.metadata.tables.items()  # type: ignore[attr-defined]  # a mapped table has metadata
    }
    for table, columns in SHOWN.items():
        assert columns <= set(tables[table].columns.keys()), table
        for name in columns - CLOSED:
            assert not [each for each in PERSONAL if sounds_like(name, each)], f"{table}.{name}"


def sounds_like(name: str, personal: str) -> bool:
    """Part of a word is enough, but for the shortest: "discipline" is no IP address."""
    return personal in (name if len(personal) > 2 else name.split("_"))


def _canary(column: sa.Column[Any], value: str) -> object:
    if isinstance(column.type, sa.LargeBinary):
        return value.encode()
    if isinstance(column.type, sa.ARRAY):
        return [value]
    if isinstance(column.type, sa.Text | sa.String):
        return value
    return {"somebody": value}


def _is_plain(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.Boolean | sa.DateTime | sa.Integer | sa.Uuid)


@pytest.mark.parametrize("mapper", MAPPED, ids=lambda each: str(each.local_table))
def test_no_text_document_or_bytes_is_copied_unless_it_is_listed(mapper: Mapper[Any]) -> None:
    table = str(mapper.local_table)
    row = mapper.class_manager.new_instance()
    state = inspect(row)
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if column.primary_key:
            state.dict[attribute.key] = new_id()
        elif not _is_plain(column):
            state.dict[attribute.key] = _canary(column, f"canary {column.name}")
    found = seen(state, "created", SHOWN)
    assert found is not None
    for name, sides in found.change.fields.items():
        column = mapper.local_table.columns[name]
        if not _is_plain(column) and name not in SHOWN.get(table, ()):
            assert sides == {"changed": True}
    shown = {name for name, sides in found.change.fields.items() if "canary" in str(sides)}
    assert shown <= SHOWN.get(table, frozenset())


class Diary:
    id: object
    written_at: object
    page: object
    blob: object


_DIARY = sa.Table(
    "diary",
    sa.MetaData(schema="sweep"),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("written_at", sa.DateTime(timezone=True)),
    sa.Column("page", sa.Text),
    sa.Column("blob", sa.LargeBinary),
)
registry().map_imperatively(Diary, _DIARY)


@given(page=st.text(min_size=8), blob=st.binary(min_size=8), listed=st.booleans())
def test_a_table_that_nobody_thought_of_hides_its_texts(
    page: str, blob: bytes, *, listed: bool
) -> None:
    row = Diary()
    row.id, row.page, row.blob = new_id(), page, blob
    row.written_at = datetime(2026, 3, 2, tzinfo=UTC)
    shows = {"sweep.diary": frozenset({"page", "blob"})} if listed else {}
    found = seen(inspect(row), "created", shows)
    assert found is not None
    assert found.change.fields["page"] == ({"after": page} if listed else {"changed": True})
    assert found.change.fields["blob"] == {"changed": True}
    assert set(found.change.fields["written_at"]) == {"after"}
