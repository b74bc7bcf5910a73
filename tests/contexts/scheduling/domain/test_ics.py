"""What is written is what a library reads, whatever the words are."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from gymhopper.contexts.scheduling.domain.ics import Entry, calendar

MADE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entry(**given) -> Entry:
    usual = {
        "uid": "0199",
        "start": MADE + timedelta(days=1),
        "until": MADE + timedelta(days=1, hours=1),
        "summary": "Yoga",
        "place": "Mitte",
        "sequence": 1,
        "made_at": MADE,
    }
    return Entry(**usual | given)


_NAMES = (b"NAME:", b"X-WR-CALNAME:", b"SUMMARY:")

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)


@given(words, words, st.booleans())
@example("x" * 200, "\u00e4" * 200, False)
@example("\U0001f3cb" * 100, "," * 100, True)
def test_every_text_is_read_as_it_was_written(summary, place, tentative):
    written = calendar(
        summary, [entry(summary=summary, place=place, tentative=tentative)], product="-//G//EN"
    )
    # The library does not know that names are texts like others.
    unfolded = written.replace(b"\r\n ", b"").split(b"\r\n")
    texts = {each.partition(b":")[2] for each in unfolded if each.startswith(_NAMES)}
    assert len(texts) == 1
    assert written.endswith(b"\r\n")
    assert max(map(len, written.split(b"\r\n"))) <= 75
    for line in written.split(b"\r\n"):
        line.decode()
    read = Calendar.from_ical(written)
    [event] = read.walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (summary, place)
    assert event["STATUS"] == ("TENTATIVE" if tentative else "CONFIRMED")
    assert event["TRANSP"] == ("TRANSPARENT" if tentative else "OPAQUE")


def test_lines_of_a_text_stay_lines_and_cannot_begin_another_property():
    written = calendar(
        "x", [entry(summary="A\r\nDTSTART:19700101T000000Z\rB\nEND:VEVENT\x00\x07")], product="p"
    )
    [event] = Calendar.from_ical(written).walk("VEVENT")
    assert str(event["SUMMARY"]) == "A\nDTSTART:19700101T000000Z\nB\nEND:VEVENT"
    assert event.decoded("DTSTART") == MADE + timedelta(days=1)


def test_an_event_says_when_it_is_and_how_often_it_was_changed():
    written = calendar("x", [entry(uid="a"), entry(uid="b", sequence=7)], product="p")
    read = Calendar.from_ical(written)
    first, second = read.walk("VEVENT")
    assert first.decoded("DTSTART") == MADE + timedelta(days=1)
    assert first.decoded("DTEND") == MADE + timedelta(days=1, hours=1)
    assert first.decoded("DTSTAMP") == MADE
    assert (str(first["UID"]), str(second["UID"])) == ("a", "b")
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (1, 7)
    assert (str(read["VERSION"]), str(read["PRODID"])) == ("2.0", "p")
