"""Cursors: where the next page begins, opaque to the client."""

import base64
import binascii
from typing import TypeVar

import msgspec

from gymhopper.kernel.errors import InvalidInput

T = TypeVar("T")


class InvalidCursor(InvalidInput):
    """The cursor was not made by this route."""

    code = "invalid_cursor"


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
    if b"\\u0000" in place:
        raise InvalidCursor("No text of this list holds a NUL.", field="cursor")
    return decoded
