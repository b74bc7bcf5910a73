"""Completes the framework's document by what holds for every operation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gymhopper.chassis.http.cookies import SAFE_METHODS
from gymhopper.chassis.http.openapi import answers, fields
from gymhopper.chassis.http.openapi.examples import Examples
from gymhopper.chassis.registry import Context

Json = dict[str, Any]

_UNUSED = ("HTTPValidationError", "ValidationError")
_ABOUT = """
The API of one platform for a gym, a chain, or a network of partner gyms.

Callers send a bearer token or are in a browser's session. Each operation names the scopes that it
needs; what they allow is told at the security schemes. What a caller may not see does not exist for
it: the answer is 404. A failure is `application/problem+json` (RFC 9457) with a stable `code`.

Lists come in pages: `limit` items, and `next_cursor` to be given as `cursor`. Money is whole minor
units with an ISO 4217 currency. Times are RFC 3339, ids UUIDs that grow with time.
"""


def complete(document: Json, contexts: Sequence[Context], *, url: str) -> Json:
    """The document with everything that its readers need; `url` is where the platform answers."""
    document["info"] |= {
        "description": _ABOUT.strip(),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    document["servers"] = [{"url": url}]
    components: Json = document.setdefault("components", {})
    schemas: Json = components.setdefault("schemas", {})
    for name in _UNUSED:
        schemas.pop(name, None)
    _add_bare_paths(document, contexts)
    schemas["Problem"] = answers.PROBLEM
    components["responses"] = answers.shared()
    components["parameters"] = fields.PARAMETERS
    components["headers"] = fields.HEADERS
    _describe_scopes(components.setdefault("securitySchemes", {}), contexts)
    examples = Examples(schemas)
    edited = _edited(document)
    for method, path, operation in operations(document):
        operation.setdefault("security", [])
        if "x-bare" not in operation:
            _complete(operation, method, versioned=path in edited)
        examples.add(operation)
    document["tags"] = _tags(document, contexts)
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Json]]:
    """Each operation with its method and its path."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _complete(operation: Json, method: str, *, versioned: bool) -> None:
    """What the layers around every route add to it."""
    secured = bool(operation["security"])
    writes = method not in SAFE_METHODS
    if writes and secured:
        operation.setdefault("parameters", []).append(fields.reference("IdempotencyKey"))
        operation["parameters"].append(fields.reference("DryRun"))
    if versioned and not writes:
        operation.setdefault("parameters", []).append(fields.reference("IfNoneMatch"))
    responses: Json = operation["responses"]
    for status in answers.expected(operation, writes=writes, secured=secured):
        # Unless the route says more of it than everybody does.
        if status == "422" or status not in responses:
            responses[status] = answers.reference(status)
    if versioned and not writes:
        responses["304"] = {"description": "The reader has this version."}
    for status, response in responses.items():
        if "$ref" in response:
            # The framework adds a description, which the shared answer has.
            responses[status] = answers.reference(status)
        if status.startswith("2"):
            response["headers"] = response.get("headers", {}) | fields.told(
                kept=writes and secured, versioned=versioned
            )
            if response["description"] == "Successful Response":
                response["description"] = operation["summary"]


def _edited(document: Json) -> set[str]:
    """Paths of things of which versions are told: below them is something that takes If-Match."""
    changing = [
        path
        for _, path, operation in operations(document)
        for each in operation.get("parameters", ())
        if each.get("name", "").lower() == "if-match"
    ]
    things = {path for path in document["paths"] if path.endswith("}")}
    return {
        path
        for path in document["paths"]
        for change in changing
        if change == path or (path in things and change.startswith(f"{path}/"))
    }


def _describe_scopes(schemes: Json, contexts: Sequence[Context]) -> None:
    scopes = {name: allows for each in contexts for name, allows in sorted(each.scopes.items())}
    listed = "\n".join(f"- `{name}`: may {allows}" for name, allows in scopes.items())
    for name in ("bearer", "session"):
        if name in schemes:
            schemes[name]["description"] += f"\n\nScopes:\n\n{listed}"
            schemes[name]["x-scopes"] = scopes


def _add_bare_paths(document: Json, contexts: Sequence[Context]) -> None:
    """Operations that are answered past the framework, as their contexts describe them."""
    for context in contexts:
        if context.described is None:
            continue
        described = context.described()
        for path, item in described.get("paths", {}).items():
            document["paths"].setdefault(path, {}).update(item)
        for kind, named in described.get("components", {}).items():
            document["components"].setdefault(kind, {}).update(named)


def _tags(document: Json, contexts: Sequence[Context]) -> list[Json]:
    """The tags in use, in the order of the contexts."""
    used = {tag for _, _, operation in operations(document) for tag in operation.get("tags", ())}
    told = {"health": "Whether the process lives and can serve."}
    for context in contexts:
        told |= context.tags
    return [{"name": name, "description": text} for name, text in told.items() if name in used]
