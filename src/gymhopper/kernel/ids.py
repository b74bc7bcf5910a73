"""Time-ordered identifiers (UUIDv7, RFC 9562 section 5.7)."""

import os
import time
from threading import Lock
from uuid import UUID

_lock = Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7 that is greater than every one this process made before.

    The 12 bits after the millisecond count up inside one millisecond, so ids made in a burst
    stay ordered and land on one side of an index.
    """
    global _last
    stamp = (time.time_ns() // 1_000_000) << 12
    with _lock:
        _last = stamp if stamp > _last else _last + 1
        stamp = _last
    milliseconds, counter = stamp >> 12, stamp & 0xFFF
    random = int.from_bytes(os.urandom(8), "big") & (2**62 - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random)
