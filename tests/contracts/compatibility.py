"""Whether what was published under an event type stays readable, in both directions.

A schema is compared by what it allows, not by its text: documents of every shape that one side
writes are given to the other side to read.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from gymhopper.chassis.events.envelope import schema
from gymhopper.contracts.event import Event

Schema = dict[str, Any]

_STRINGS = {
    "uuid": "0191f3a0-0000-7000-8000-000000000001",
    "date-time": "2026-03-29T01:30:00Z",
    "date": "2026-03-29",
    "time": "09:30:00",
    None: "EUR",
}


def schema_of(event: type[Event]) -> Schema:
    """The schema of an event's payload as it is stored: without prose, which may change."""
    found: Schema = json.loads(json.dumps(_without_prose(schema(event))))
    return found


def breaks(old: Schema, event: type[Event]) -> list[str]:
    """What stands between the stored schema and the class of today; empty when nothing does."""
    new = schema_of(event)
    return [*_lost_fields(old, new), *_old_with_new(old, event), *_new_with_old(old, event)]


def _old_with_new(old: Schema, event: type[Event]) -> Iterator[str]:
    """Events of the archive and of older writers, read by today's code."""
    for document in samples(old):
        try:
            msgspec.json.decode(msgspec.json.encode(document), type=event)
        except msgspec.ValidationError as error:
            yield f"an old event cannot be read any more: {error}"
            return


def _new_with_old(old: Schema, event: type[Event]) -> Iterator[str]:
    """Events of today's writers, read by code that is still of yesterday."""
    validator = Draft202012Validator(old)
    for document in samples(schema_of(event)):
        written = msgspec.json.decode(
            msgspec.json.encode(msgspec.json.decode(msgspec.json.encode(document), type=event))
        )
        for error in validator.iter_errors(written):
            yield f"an old reader cannot read a new event: {error.json_path}: {error.message}"
            return


def _lost_fields(old: Schema, new: Schema) -> Iterator[str]:
    """Fields, or forms of their values, that are gone: readers ignore what they do not know."""
    missing = set(_fields(old, old)) - set(_fields(new, new))
    yield from (f"the field {each} is gone" for each in sorted(missing))


def _fields(part: Schema, whole: Schema, path: str = "") -> Iterator[str]:
    part = _resolved(part, whole)
    if "format" in part:
        yield f"{path.removesuffix('.')} ({part['format']})"
    for name, each in part.get("properties", {}).items():
        yield f"{path}{name}"
        yield from _fields(each, whole, f"{path}{name}.")
    for each in (*part.get("anyOf", ()), *part.get("prefixItems", ())):
        yield from _fields(each, whole, path)
    for inner in ("items", "additionalProperties"):
        if isinstance(part.get(inner), dict):
            yield from _fields(part[inner], whole, path)


def samples(whole: Schema) -> list[Any]:
    """Documents that the schema allows: the smallest, the fullest, and each variant of a field."""
    return list(_samples(whole, whole, 1))


def _samples(part: Schema, whole: Schema, place: int) -> Iterator[Any]:
    part = _resolved(part, whole)
    if "anyOf" in part:
        for each in part["anyOf"]:
            yield from _samples(each, whole, place)
    elif "enum" in part:
        yield from part["enum"]
    elif "const" in part:
        yield part["const"]
    else:
        yield from _of_type(part, whole, place)


def _of_type(part: Schema, whole: Schema, place: int) -> Iterator[Any]:
    kind = part.get("type")
    if kind == "object" and "properties" in part:
        yield from _objects(part, whole)
    elif kind == "object":
        yield {}
        values = part.get("additionalProperties")
        if isinstance(values, dict):
            yield {"key": next(_samples(values, whole, place))}
    elif kind == "array":
        yield from _arrays(part, whole, place)
    elif kind == "string":
        yield _STRINGS[part.get("format")]
    elif kind in ("integer", "number"):
        # Numbers count up within an object, so that a start is before its end.
        yield place
    elif kind == "boolean":
        yield from (False, True)
    elif kind == "null":
        yield None
    else:
        raise ValueError(f"no sample is known for {part}")


def _objects(part: Schema, whole: Schema) -> Iterator[Any]:
    variants = {
        name: list(_samples(each, whole, place))
        for place, (name, each) in enumerate(part["properties"].items(), start=1)
    }
    fullest = {name: values[-1] for name, values in variants.items()}
    yield {name: variants[name][0] for name in part.get("required", ())}
    for name, values in variants.items():
        for value in values:
            yield fullest | {name: value}


def _arrays(part: Schema, whole: Schema, place: int) -> Iterator[Any]:
    if "prefixItems" in part:
        yield [
            next(_samples(each, whole, place + at)) for at, each in enumerate(part["prefixItems"])
        ]
        return
    if not part.get("minItems"):
        yield []
    items = part.get("items")
    if isinstance(items, dict):
        yield from ([each] for each in _samples(items, whole, place))


def _resolved(part: Schema, whole: Schema) -> Schema:
    while "$ref" in part:
        part = whole["$defs"][part["$ref"].removeprefix("#/$defs/")]
    return part


def _without_prose(part: Any) -> Any:
    if isinstance(part, dict):
        # A field may be called like a keyword, so only texts are taken away.
        return {
            name: _without_prose(each)
            for name, each in part.items()
            if not (name in ("title", "description") and isinstance(each, str))
        }
    if isinstance(part, list):
        return [_without_prose(each) for each in part]
    return part
