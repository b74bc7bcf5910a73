"""Calendars as RFC 5545 writes them.

Written here and not by a library: what is needed of it is little, and the libraries take longer to
load than everything else that a process starts with. The tests read it with one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_LONGEST: Final = 75
"""Octets of a line, without its end (RFC 5545, 3.1)."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something `[start, until)` in a calendar.

    `uid` stays the same for the same thing; `sequence` grows when something about it changes.
    `tentative` is what may not come about: it is shown, but takes no time.
    """

    uid: str
    start: datetime
    until: datetime
    summary: str
    place: str
    sequence: int
    made_at: datetime
    tentative: bool = False


def calendar(name: str, entries: Iterable[Entry], *, product: str) -> bytes:
    """The calendar as a file (`text/calendar`, UTF-8).

    Times are instants in UTC: every program shows them at the reader's own clock, and no definition
    of a zone can disagree with its own. The same entries are the same bytes, so DTSTAMP tells when
    a thing was made and not when it was asked for.
    """
    lines = _lines(name, entries, product)
    return b"".join(_folded(each) for each in lines)


def _lines(name: str, entries: Iterable[Entry], product: str) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{_text(product)}"
    yield "CALSCALE:GREGORIAN"
    # What it is called and how often it is asked for: RFC 7986, and what programs took before.
    yield f"NAME:{_text(name)}"
    yield f"X-WR-CALNAME:{_text(name)}"
    yield "REFRESH-INTERVAL;VALUE=DURATION:PT1H"
    yield "X-PUBLISHED-TTL:PT1H"
    for each in entries:
        yield "BEGIN:VEVENT"
        yield f"UID:{_text(each.uid)}"
        yield f"DTSTAMP:{_instant(each.made_at)}"
        yield f"DTSTART:{_instant(each.start)}"
        yield f"DTEND:{_instant(each.until)}"
        yield f"SEQUENCE:{each.sequence}"
        yield f"SUMMARY:{_text(each.summary)}"
        yield f"LOCATION:{_text(each.place)}"
        yield f"STATUS:{'TENTATIVE' if each.tentative else 'CONFIRMED'}"
        yield f"TRANSP:{'TRANSPARENT' if each.tentative else 'OPAQUE'}"
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _instant(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Escaped (3.3.11), without what no text may have in it."""
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """With its end, on as many lines as its octets need; no character is torn."""
    parts, room, rest = [], _LONGEST, line.encode()
    while len(rest) > room:
        at = room
        while rest[at] & 0xC0 == 0x80:
            at -= 1
        parts.append(rest[:at])
        # The space with which a line goes on is one of its octets.
        rest, room = rest[at:], _LONGEST - 1
    return b"\r\n ".join([*parts, rest]) + b"\r\n"
