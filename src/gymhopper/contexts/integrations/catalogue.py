"""The event types that can be chosen, read from the contracts: a new one is offered by itself."""

from dataclasses import dataclass
from functools import cache
from inspect import cleandoc
from typing import Any

from gymhopper.chassis.events.envelope import event_types, schema
from gymhopper.contexts.integrations.domain.endpoint import EVERYTHING
from gymhopper.contexts.integrations.domain.errors import UnknownEventType
from gymhopper.contexts.integrations.domain.examples import example
from gymhopper.contexts.integrations.domain.views import INTERNAL, view_of
from gymhopper.contracts.event import Event

_CONTRACTS = "gymhopper.contracts."


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A type that can be chosen, with the form of its `data`."""

    type: str
    summary: str
    schema: dict[str, Any]
    example: Any


@cache
def published() -> dict[str, type[Event]]:
    """Every event class of the contracts by its type name, in the order of the names."""
    found = {
        name: each
        for name, each in event_types().items()
        if each.__module__.startswith(_CONTRACTS) and name not in INTERNAL
    }
    return dict(sorted(found.items()))


@cache
def offered() -> tuple[Offered, ...]:
    """What can be chosen."""
    return tuple(_offer(name, event) for name, event in published().items())


def checked_types(given: list[str]) -> tuple[str, ...]:
    """The chosen types, each once and in order; UnknownEventType for one that is not offered."""
    for each in given:
        if each != EVERYTHING and each not in published():
            raise UnknownEventType(f"There is no event type {each!r}.", field="event_types")
    return tuple(sorted(set(given)))


def _offer(name: str, event: type[Event]) -> Offered:
    described = schema(view_of(event).form)
    return Offered(
        type=name,
        summary=cleandoc(event.__doc__ or ""),
        schema=described,
        example=example(described),
    )
