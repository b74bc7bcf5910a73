"""The id that ties together everything that one request or command set off."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from gymhopper.kernel.ids import new_id

_correlation: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def correlation_id() -> str:
    """The present correlation id; a new one when nothing has set it."""
    present = _correlation.get()
    if present is None:
        present = str(new_id())
        _correlation.set(present)
    return present


def correlate(value: str | None) -> None:
    """Use `value` from here on in this task, or a fresh id for None."""
    _correlation.set(value or str(new_id()))


@contextmanager
def correlated(value: str) -> Iterator[None]:
    """Use `value` within the block, and what was there before after it."""
    before = _correlation.set(value)
    try:
        yield
    finally:
        _correlation.reset(before)
