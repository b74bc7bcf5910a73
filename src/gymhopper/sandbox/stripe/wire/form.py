"""Nested parameters as form fields: `items[0][price]=...`, `metadata[key]=...`, `expand[]=...`."""

import re
from typing import Any
from urllib.parse import parse_qsl

from gymhopper.sandbox.stripe.errors import InvalidRequest

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_SUBKEY = re.compile(r"\[([^\[\]]*)\]")
_MAX_FIELDS = 1000
_MAX_DEPTH = 6

Nested = dict[str, Any]


def decode(raw: bytes) -> Nested:
    """The fields as nested dicts; lists come as dicts with the keys "0", "1", ...

    InvalidRequest when they are no form, or contradict each other.
    """
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except ValueError as error:  # covers bad UTF-8 as well as too many fields
        raise InvalidRequest("The body is not a valid form.") from error
    nested: Nested = {}
    for key, value in pairs:
        if "\0" in key or "\0" in value:
            raise InvalidRequest("A parameter holds a NUL character.", param=key.replace("\0", ""))
        _place(nested, key, value)
    return nested


def _place(nested: Nested, key: str, value: str) -> None:
    match = _KEY.fullmatch(key)
    if match is None:
        raise InvalidRequest(f"Invalid parameter name: {key}", param=key)
    path = [match[1], *_SUBKEY.findall(match[2])]
    if len(path) > _MAX_DEPTH:
        raise InvalidRequest(f"Received unknown parameter: {key}", param=key)
    here = nested
    for step in path[:-1]:
        inner = here.setdefault(step or str(len(here)), {})
        if not isinstance(inner, dict):
            raise InvalidRequest(f"Invalid object: {key}", param=key)
        here = inner
    last = path[-1] or str(len(here))
    if last in here:
        raise InvalidRequest(f"Parameter given twice: {key}", param=key)
    here[last] = value
