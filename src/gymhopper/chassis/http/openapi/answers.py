"""Answers that tell of a failure, the same on every operation."""

from collections.abc import Iterator
from typing import Any

from gymhopper.chassis.http.openapi.fields import FAILED, LATER

Json = dict[str, Any]

PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "A failure (RFC 9457). Programs decide by `code`, people read `detail`. Some"
    " kinds tell more, in members of their own.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:gymhopper:problem:not_found"]},
        "title": {"type": "string", "examples": ["Not found"]},
        "status": {"type": "integer", "examples": [404]},
        "code": {"type": "string", "examples": ["not_found"]},
        "detail": {"type": "string", "examples": ["There is no member with this id."]},
        "correlation_id": {
            "type": "string",
            "description": "Under which our logs have the request.",
        },
        "field": {"type": "string", "description": "The first field at fault."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail", "code"],
                "properties": {
                    "field": {"type": "string"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}

_MEANING = {
    "400": "The request cannot be read.",
    "401": "The caller is not known, or what should prove it is not good.",
    "402": "The payment was refused.",
    "403": "The caller may not do this.",
    "404": "There is no such thing, or none that the caller may see.",
    "408": "The body did not arrive in time.",
    "409": "The present state does not allow this, or a request with this key is under way.",
    "412": "It was changed since it was read.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The input cannot be accepted.",
    "429": "Too many requests.",
    "502": "The payment provider refused; trying again will not help.",
    "503": "Something that this needs is away, or too slow; trying again may work.",
}
_LATER = {"429", "503"}


def shared() -> Json:
    """The answers by their names."""
    return {
        _name(status): {
            "description": meaning,
            "headers": LATER if status in _LATER else FAILED,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for status, meaning in _MEANING.items()
    }


def reference(status: str) -> Json:
    """The shared answer."""
    return {"$ref": f"#/components/responses/{_name(status)}"}


def refuses(*statuses: int) -> dict[int | str, Json]:
    """For `responses=` of a route: failures that not every operation of its kind may tell of."""
    return {status: reference(str(status)) for status in statuses}


def expected(operation: Json, *, writes: bool, secured: bool) -> Iterator[str]:
    """The failures that the operation may tell of."""
    parameters = operation.get("parameters", ())
    body = "requestBody" in operation
    names = {each.get("name", "").lower() for each in parameters}
    places = {each.get("in") for each in parameters}
    if body or writes:
        yield "400"
    if secured:
        yield from ("401", "403")
    if body or "path" in places or any(name.endswith("_id") for name in names):
        yield "404"
    if writes:
        yield from ("408", "409")
    if "if-match" in names:
        yield "412"
    if body or writes:
        yield from ("413", "415")
    if body or parameters:
        yield "422"
    yield from ("429", "503")


def _name(status: str) -> str:
    return f"Problem{status}"
