"""The order of a list, where the caller may choose: `sort=-at,name`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field

from gymhopper.chassis.http.paging import InvalidCursor, PageQuery, decode_cursor
from gymhopper.chassis.keyset import Order

T = TypeVar("T")


def sorting(*offered: str) -> Any:
    """The type of a query's field `sort`: names separated by commas, the most important first; a
    minus sign in front turns one round. `order_of` reads it.
    """

    def known(sort: str) -> str:
        names = [name for name, _ in order_of(sort)]
        if not set(names) <= set(offered) or len(set(names)) < len(names):
            raise ValueError(f"this list is sorted by {', '.join(offered)}")
        return sort

    return Annotated[
        str,
        Field(
            max_length=200,
            description=f"By {', '.join(offered)}; with a minus sign in front downwards; several"
            " are separated by commas.",
        ),
        AfterValidator(known),
    ]


def order_of(sort: str) -> Order:
    """Names, each with whether downwards."""
    return tuple((each.removeprefix("-"), each.startswith("-")) for each in sort.split(","))


class SortedQuery(PageQuery):
    """A page of a list whose order may be chosen; subclasses say `sort: sorting(...) = "-at"`.

    The column `id` makes every order whole.
    """

    sort: str

    @property
    def order(self) -> Order:
        """The order, whole."""
        wanted = order_of(self.sort)
        if any(name == "id" for name, _ in wanted):
            return wanted
        return (*wanted, ("id", wanted[0][1]))

    def place(self, kinds: Mapping[str, Any]) -> Sequence[object] | None:
        """The values of the row behind which the page begins, in the order; None at the start.

        `kinds` tells what the values of the columns are, by their names. Raises InvalidCursor, also
        for a cursor of another order.
        """
        if self.cursor is None:
            return None
        kind: Any = tuple.__class_getitem__((str, *(kinds[name] for name, _ in self.order)))
        place: Sequence[object] = decode_cursor(self.cursor, kind)
        sort, *values = place
        if sort != self.sort:
            raise InvalidCursor("This cursor belongs to another order.", field="cursor")
        return values

    def cut_sorted(self, found: Sequence[T]) -> tuple[Sequence[T], str | None]:
        """The rows of this page, and the cursor of the next; rows have the columns' names."""
        names = [name for name, _ in self.order]
        return self.cut(found, lambda row: (self.sort, *(getattr(row, name) for name in names)))
