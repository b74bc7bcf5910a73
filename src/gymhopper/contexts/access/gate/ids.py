"""Ids of decisions, made at the rate of scans."""

import os

from gymhopper.contexts.access.domain.records import Id, Instant

_BLOCK = 1024
_MARKS = 0x7000_8000_0000_0000_0000
_RANDOM = 0x0FFF_3FFF_FFFF_FFFF_FFFF


class TimeOrderedIds:
    """UUIDv7 (RFC 9562, section 5.7) as bytes: the given millisecond, then 74 random bits.

    What `gymhopper.kernel.ids` makes, but for an instant of the injected clock, and with the
    system's entropy drawn for many at a time: asking for each costs more than a decision may.
    """

    def __init__(self) -> None:
        self._entropy = b""
        self._place = 0

    def __call__(self, at: Instant) -> Id:
        """A new id for the instant; those of one millisecond are in no order."""
        place = self._place
        if place >= len(self._entropy):
            self._entropy, place = os.urandom(10 * _BLOCK), 0
        self._place = place + 10
        tail = int.from_bytes(self._entropy[place : place + 10], "big") & _RANDOM | _MARKS
        return ((at & 0xFFFF_FFFF_FFFF) << 80 | tail).to_bytes(16, "big")
