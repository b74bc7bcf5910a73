"""Expected failures: each has a stable code, an HTTP status and a sentence for a person."""

from collections.abc import Mapping
from typing import ClassVar


class GymhopperError(Exception):
    """Base of every failure that a caller can act on.

    `code` is stable and machine-readable, `status` the HTTP status that it becomes, `field` the
    input at fault (dotted path) where there is one, `retry_after` the seconds after which trying
    again may work, where that is known. `more` is what else a program is told, in plain values.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retry_after: int | None = None
    more: Mapping[str, object] = {}

    def __init__(self, detail: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.reason = code or self.code


class InvalidInput(GymhopperError):
    """The input is well-formed but cannot be accepted."""

    code = "invalid_input"
    status = 422


class NotFound(GymhopperError):
    """The thing does not exist, or belongs to somebody whose things the caller may not see."""

    code = "not_found"
    status = 404


class Conflict(GymhopperError):
    """The present state does not allow this."""

    code = "conflict"
    status = 409


class Unauthenticated(GymhopperError):
    """The caller did not prove who it is."""

    code = "unauthenticated"
    status = 401


class Forbidden(GymhopperError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403


class Unavailable(GymhopperError):
    """Something this depends on cannot be reached now; trying again later may work."""

    code = "unavailable"
    status = 503
    retry_after = 1
