"""The order of a list, where the caller may choose: `sort=-at,name`."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Query

from gymhopper.chassis.keyset import Order
from gymhopper.kernel.errors import InvalidInput


class InvalidSort(InvalidInput):
    """The list cannot be ordered like this."""

    code = "invalid_sort"


def sorting(*offered: str, usual: str) -> Any:
    """The order that is asked for: `sort: Annotated[Order, sorting("at", "name", usual="-at")]`.

    Names separated by commas, the most important first; a minus sign in front turns one round.
    """
    described = f"Of {', '.join(offered)}; separated by commas, downwards with a minus in front."
    return Depends(_reader(offered, usual, described))


def _reader(offered: tuple[str, ...], usual: str, described: str) -> Callable[..., Order]:
    def read(
        sort: Annotated[
            str, Query(max_length=200, description=described, examples=[usual])
        ] = usual,
    ) -> Order:
        wanted = tuple((each.removeprefix("-"), each.startswith("-")) for each in sort.split(","))
        names = [name for name, _ in wanted]
        if not set(names) <= set(offered) or len(set(names)) < len(names):
            raise InvalidSort(f"This list is sorted by {', '.join(offered)}.", field="sort")
        return wanted

    return read
