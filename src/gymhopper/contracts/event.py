"""The base of every event payload."""

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that happened, named in the past tense; ids instead of personal data.

    `type` is `<context>.<aggregate>.<verb>.v<version>`. A field once published keeps its name and
    meaning; a new field has a default, so that old readers and old events go on working. Anything
    else is a new version with a class of its own.
    """

    type: ClassVar[str]


def context_of(event_type: str) -> str:
    """The context that publishes the type: the part before the first dot."""
    return event_type.partition(".")[0]
