"""What was published stays readable: old events by new code, and new events by old code."""

from datetime import datetime
from typing import Literal

import msgspec
import pytest

from contracts.compatibility import breaks, samples, schema_of
from contracts.stored_schemas import COMMAND, published, stored
from gymhopper.chassis.events.envelope import decode_payload, encode_payload
from gymhopper.contracts.event import Event
from gymhopper.kernel.calendar import Hours
from gymhopper.kernel.money import Money

PUBLISHED = sorted(published())


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_event_is_readable_from_old_to_new_and_back(name: str) -> None:
    known = stored().get(name)
    assert known is not None, f"store the schema of this new event: {COMMAND}"
    found = breaks(known, published()[name])
    assert found == [], "publish this under a new version, beside the old class"
    assert known == schema_of(published()[name]), f"store what has grown: {COMMAND}"


def test_no_event_type_that_was_published_is_gone() -> None:
    assert set(stored()) <= set(PUBLISHED), "the archive still holds these: keep their classes"


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_event_is_named_by_context_aggregate_verb_and_version(name: str) -> None:
    event = published()[name]
    context, aggregate, verb, version = name.split(".")
    # Of the context as a whole, or of a part of it.
    assert event.__module__.startswith(f"gymhopper.contracts.{context}.")
    assert event.__module__.endswith(".events")
    assert aggregate.isidentifier()
    assert verb.isidentifier()
    assert version.removeprefix("v").isdigit()


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_event_comes_back_from_json_as_it_went(name: str) -> None:
    event = published()[name]
    documents = samples(schema_of(event))
    assert documents
    for document in documents:
        value = msgspec.json.decode(msgspec.json.encode(document), type=event)
        assert decode_payload(name, encode_payload(value)) == value


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["freeze", "block"]
    until: datetime | None = None


class Inner2(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["freeze", "block", "hold"]
    until: datetime | None = None


class Published(Event, frozen=True, kw_only=True):
    """The event as it was stored."""

    price: Money
    count: int
    hours: tuple[Hours, ...] = ()
    inner: tuple[Inner, ...] = ()
    note: str | None = None


class Unchanged(Event, frozen=True, kw_only=True):
    """Another text changes nothing."""

    price: Money
    count: int
    hours: tuple[Hours, ...] = ()
    inner: tuple[Inner, ...] = ()
    note: str | None = None


class NewFieldWithDefault(Published, frozen=True, kw_only=True):
    colour: str = "red"


class NewFieldWithoutDefault(Published, frozen=True, kw_only=True):
    colour: str


class Removed(Event, frozen=True, kw_only=True):
    price: Money
    count: int
    hours: tuple[Hours, ...] = ()
    inner: tuple[Inner, ...] = ()


class Renamed(Event, frozen=True, kw_only=True):
    price: Money
    number: int
    hours: tuple[Hours, ...] = ()
    inner: tuple[Inner, ...] = ()
    note: str | None = None


class RenamedOptional(Removed, frozen=True, kw_only=True):
    remark: str | None = None


class OtherType(Published, frozen=True, kw_only=True):
    count: str  # type: ignore[assignment]


class Widened(Published, frozen=True, kw_only=True):
    count: int | None  # type: ignore[assignment]


class Narrowed(Published, frozen=True, kw_only=True):
    note: str = ""  # type: ignore[assignment]


class NewMemberOfAnEnumeration(Published, frozen=True, kw_only=True):
    inner: tuple[Inner2, ...] = ()  # type: ignore[assignment]


class LostItsDefault(Published, frozen=True, kw_only=True):
    note: str | None


@pytest.mark.parametrize("event", [Published, Unchanged, NewFieldWithDefault])
def test_a_change_that_both_sides_can_live_with_is_accepted(event: type[Event]) -> None:
    assert breaks(schema_of(Published), event) == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (NewFieldWithoutDefault, "old event cannot be read"),
        (Removed, "the field note is gone"),
        (Renamed, "the field count is gone"),
        (RenamedOptional, "the field note is gone"),
        (OtherType, "old event cannot be read"),
        (Widened, "old reader cannot read"),
        (Narrowed, "old event cannot be read"),
        (NewMemberOfAnEnumeration, "old reader cannot read"),
        (LostItsDefault, "old event cannot be read"),
    ],
)
def test_a_change_that_breaks_somebody_is_caught(event: type[Event], reason: str) -> None:
    assert any(reason in each for each in breaks(schema_of(Published), event))


class Dated(Event, frozen=True, kw_only=True):
    at: datetime | None


class DatedInWords(Event, frozen=True, kw_only=True):
    at: str | None


def test_an_instant_that_becomes_a_text_is_caught() -> None:
    assert breaks(schema_of(Dated), Dated) == []
    assert breaks(schema_of(Dated), DatedInWords) == ["the field at (date-time) is gone"]
