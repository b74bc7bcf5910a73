"""The envelope around every event (CloudEvents 1.0, structured JSON)."""

import importlib
import pkgutil
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import inspect

from gymhopper import contracts
from gymhopper.contracts.event import Event, context_of


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What travels with a payload.

    `seq` is the event's place in the log (None until it is numbered); `aggregate_version` counts
    the aggregate's own changes; `causation_id` is the event that caused this one.
    """

    id: UUID
    type: str
    time: datetime
    aggregate: str
    aggregate_id: UUID
    aggregate_version: int
    organisation_id: UUID | None
    correlation_id: str
    causation_id: UUID | None
    actor: str
    data: Event
    seq: int | None = None


class Unreadable(Event, frozen=True, kw_only=True):
    """Stands for a payload that this version cannot read: of an unknown type, or not as expected.

    It travels on unchanged, so that a version that knows it can read it later.
    """

    document: bytes
    reason: str


class _Wire(msgspec.Struct, kw_only=True):
    """CloudEvents attribute names are lower-case letters and digits."""

    specversion: str
    id: UUID
    source: str
    type: str
    time: datetime
    subject: UUID
    datacontenttype: str
    organisationid: UUID | None
    aggregate: str
    aggregateversion: int
    correlationid: str
    causationid: UUID | None
    actor: str
    sequence: int | None
    data: msgspec.Raw


@cache
def event_types() -> dict[str, type[Event]]:
    """Every published event class by its type name."""
    for module in pkgutil.walk_packages(contracts.__path__, contracts.__name__ + "."):
        if module.name.endswith(".events"):
            importlib.import_module(module.name)
    found: dict[str, type[Event]] = {}
    waiting = [Event]
    while waiting:
        for child in waiting.pop().__subclasses__():
            waiting.append(child)
            name = child.__dict__.get("type")
            if name is not None:
                found[name] = child
    return found


def decode_payload(event_type: str, data: bytes) -> Event:
    """Read a payload; KeyError for an unknown type, msgspec.ValidationError for a bad one."""
    return msgspec.json.decode(data, type=event_types()[event_type])


def read_payload(event_type: str, data: bytes) -> Event:
    """Read a payload, as `Unreadable` when this version cannot."""
    try:
        return decode_payload(event_type, data)
    except KeyError:
        return Unreadable(document=data, reason=f"There is no event type {event_type} here.")
    except msgspec.DecodeError as error:
        return Unreadable(document=data, reason=str(error))


def encode_payload(event: Event) -> bytes:
    """A payload as JSON."""
    return event.document if isinstance(event, Unreadable) else msgspec.json.encode(event)


def to_cloudevent(envelope: Envelope) -> bytes:
    """The envelope as one CloudEvents JSON document."""
    return msgspec.json.encode(
        _Wire(
            specversion="1.0",
            id=envelope.id,
            source=f"/gymhopper/{context_of(envelope.type)}",
            type=envelope.type,
            time=envelope.time,
            subject=envelope.aggregate_id,
            datacontenttype="application/json",
            organisationid=envelope.organisation_id,
            aggregate=envelope.aggregate,
            aggregateversion=envelope.aggregate_version,
            correlationid=envelope.correlation_id,
            causationid=envelope.causation_id,
            actor=envelope.actor,
            sequence=envelope.seq,
            data=msgspec.Raw(encode_payload(envelope.data)),
        )
    )


def from_cloudevent(document: bytes) -> Envelope:
    """Read a CloudEvents JSON document; msgspec.DecodeError when it is none of ours."""
    wire = msgspec.json.decode(document, type=_Wire)
    return Envelope(
        id=wire.id,
        type=wire.type,
        time=wire.time,
        aggregate=wire.aggregate,
        aggregate_id=wire.subject,
        aggregate_version=wire.aggregateversion,
        organisation_id=wire.organisationid,
        correlation_id=wire.correlationid,
        causation_id=wire.causationid,
        actor=wire.actor,
        seq=wire.sequence,
        data=read_payload(wire.type, bytes(wire.data)),
    )


def schema(payload: type[msgspec.Struct]) -> dict[str, Any]:
    """The payload's JSON Schema."""
    whole = msgspec.json.schema(payload)
    _mark_instants(inspect.type_info(payload), whole, whole)
    return whole


def _mark_instants(kind: inspect.Type, part: dict[str, Any], whole: dict[str, Any]) -> None:
    """Say which texts are instants (RFC 3339): msgspec leaves that out of a plain `datetime`."""
    if "$ref" in part:
        part = whole["$defs"][part["$ref"].removeprefix("#/$defs/")]
    match kind:
        case inspect.DateTimeType():
            part["format"] = "date-time"
        case inspect.StructType() | inspect.DataclassType():
            for field in kind.fields:
                _mark_instants(field.type, part["properties"][field.encode_name], whole)
        case inspect.UnionType():
            for each, variant in zip(kind.types, part["anyOf"], strict=True):
                _mark_instants(each, variant, whole)
        case inspect.VarTupleType() | inspect.ListType():
            _mark_instants(kind.item_type, part["items"], whole)
        case inspect.TupleType():
            for each, item in zip(kind.item_types, part["prefixItems"], strict=True):
                _mark_instants(each, item, whole)
        case inspect.DictType():
            _mark_instants(kind.value_type, part["additionalProperties"], whole)
