"""Lists of plain values as PostgreSQL arrays, quickly.

The driver writes each element through an adapter of its own and a regular expression. Where rows go
to the database as columns, that is most of the work: about ten times what this takes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.array import ListDumper

_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "NULL",
    UUID: lambda value: value.hex,
    int: str,
    datetime: lambda value: value.isoformat(),
    str: lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"',
    bytes: lambda value: '"\\\\x' + value.hex() + '"',
}


class ArrayDumper(ListDumper):
    """Writes a flat list of ids, numbers, instants, texts and bytes; leaves others to the driver.

    The syntax is that of array constants (PostgreSQL manual, section 8.15).
    """

    def dump(self, obj: list[Any]) -> bytes | bytearray | memoryview | None:
        """The list as the text of an array."""
        writers = _WRITERS
        try:
            elements = [writers[type(each)](each) for each in obj]
        except KeyError:
            return super().dump(obj)
        return ("{" + ",".join(elements) + "}").encode()
