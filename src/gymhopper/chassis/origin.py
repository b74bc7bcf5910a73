"""Where the present request comes from: for the audit log and for limits."""

from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The client's address and user agent, and what it called.

    `address` is None for what no request set off: a job, a timer, a command. `operation` is the
    name of the route or command; `template` is the path with names for what varies in it, which may
    be a secret.
    """

    address: str | None = None
    user_agent: str | None = None
    method: str | None = None
    path: str | None = None
    operation: str | None = None
    template: str | None = None


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def origin() -> Origin:
    """Where what happens now comes from."""
    return _origin.get()


def came_from(value: Origin) -> None:
    """From here on in this task, what happens comes from there."""
    _origin.set(value)


def calls(operation: str, template: str | None = None) -> None:
    """From here on in this task, what happens is done by this operation."""
    _origin.set(replace(_origin.get(), operation=operation, template=template))
