"""Pages of a sorted table: from behind a row, by the values that it is sorted by.

Unlike a count of rows to skip, such a place stays right while rows come and go, and an index leads
straight to it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, or_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

Columns = Mapping[str, ColumnElement[Any]] | ReadOnlyColumnCollection[str, Column[Any]]

Order = tuple[tuple[str, bool], ...]
"""Names to sort by, each with whether downwards."""


def paged(
    query: Select[Any],
    columns: Columns,
    order: Order,
    after: Sequence[object] | None,
) -> Select[Any]:
    """The query in this order, from behind the row with the values `after`.

    The last of `order` must be unique. None of the columns may be null.
    """
    keys = [(columns[name], downwards) for name, downwards in order]
    query = query.order_by(*(key.desc() if downwards else key for key, downwards in keys))
    return query if after is None else query.where(_behind(keys, after))


def _behind(
    keys: Sequence[tuple[ColumnElement[Any], bool]], place: Sequence[object]
) -> ColumnElement[bool]:
    """Equal in the first so many keys, and beyond in the next."""
    return or_(
        *(
            and_(
                *(before == place[i] for i, (before, _) in enumerate(keys[:n])),
                key < place[n] if downwards else key > place[n],
            )
            for n, (key, downwards) in enumerate(keys)
        )
    )
