"""Lists in pages: `limit` of them at a time, and an opaque cursor to the next.

A list route takes `page: Paged`, or a subclass of `PageQuery` with the list's filters as
`Annotated[ThingQuery, Query()]`; it asks for `page.fetch` rows from behind `page.after(UUID)`, and
answers with a subclass of `Page` made from `page.cut(...)`:

    found = await queries.things(connection, after=page.after(UUID), limit=page.fetch)
    shown, next_cursor = page.cut(found, lambda each: each.id)
    return ThingPage(items=[_shown(each) for each in shown], next_cursor=next_cursor)

What orders a list, where a choice is offered, is `sort` (see `sorting`).
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from gymhopper.kernel.errors import InvalidInput

T = TypeVar("T")

MOST = 200
USUAL = 50


class InvalidCursor(InvalidInput):
    """The cursor was not made by this route."""

    code = "invalid_cursor"


class Page(BaseModel, Generic[T]):
    """Some of a list; give `next_cursor` as `cursor` for those behind them."""

    items: list[T]
    next_cursor: str | None = Field(description="Null on the last page.")


class PageQuery(BaseModel):
    """Which page is asked for. A parameter that the list does not know is refused: a filter with a
    slip in its name would give everything."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(
        default=None, max_length=2000, description="The last page's `next_cursor`."
    )
    limit: int = Field(default=USUAL, ge=1, le=MOST, description="Items on a page.")

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than are shown tells whether there is another page."""
        return self.limit + 1

    def after(self, kind: type[T]) -> T | None:
        """The place behind which the page begins, None at the start. Raises InvalidCursor."""
        return None if self.cursor is None else decode_cursor(self.cursor, kind)

    def cut(
        self, found: Sequence[T], place: Callable[[T], object]
    ) -> tuple[Sequence[T], str | None]:
        """The rows of this page, and the cursor of the next; `place` tells where a row stands."""
        shown = found[: self.limit]
        more = len(found) > self.limit
        return shown, encode_cursor(place(shown[-1])) if more else None


Paged = Annotated[PageQuery, Query()]


def encode_cursor(place: object) -> str:
    """The place behind which the next page begins."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def decode_cursor(cursor: str, kind: type[T]) -> T:
    """The place; raises InvalidCursor when it is no place of that kind."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        place = base64.b64decode(padded, b"-_", validate=True)
        decoded = msgspec.json.decode(place, type=kind)
    except (binascii.Error, msgspec.DecodeError, UnicodeError) as error:
        raise InvalidCursor("This is not a cursor of this list.", field="cursor") from error
    if _holds_nul(decoded):
        raise InvalidCursor("No text of this list holds a NUL.", field="cursor")
    return decoded


def _holds_nul(place: Any) -> bool:
    if isinstance(place, tuple | list):
        return any(map(_holds_nul, place))
    return isinstance(place, str) and "\0" in place
