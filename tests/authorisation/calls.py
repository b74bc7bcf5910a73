"""Requests made from the OpenAPI document: for any operation, with the ids of one side."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
Ids = Mapping[str, str]
"""From the name of a path parameter or a body's field to the id that stands for it."""

METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Operation:
    """One operation of the document, and what it asks of its caller."""

    id: str
    method: str
    path: str
    spec: Mapping[str, Json]
    document: Mapping[str, Json]

    @property
    def of_devices(self) -> bool:
        """Whether it answers doors' devices alone."""
        schemes = {name for each in self.spec["security"] for name in each}
        return bool(schemes) and schemes.isdisjoint({"bearer", "session"})

    @property
    def public(self) -> bool:
        """Whether everybody may call it."""
        return self.spec["security"] == []

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that a caller needs, none where any session will do."""
        asked = {frozenset(next(iter(each.values()))) for each in self.spec["security"]}
        (only,) = asked
        return only

    @property
    def parameters(self) -> list[str]:
        """The names in the path."""
        return re.findall(r"{(\w+)}", self.path)

    def url(self, ids: Ids) -> str:
        """The path with ids in it; KeyError for a name that stands for nothing."""
        return re.sub(r"{(\w+)}", lambda name: ids[name[1]], self.path)

    def body(self, ids: Ids) -> Json:
        """A body with what is required, or None when the operation takes none."""
        content = self.spec.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return None
        return _made(content["application/json"]["schema"], self.document, ids, "")

    def query(self, ids: Ids) -> dict[str, str]:
        """The query with what is required."""
        return {
            each["name"]: str(_made(each["schema"], self.document, ids, each["name"]))
            for each in self.spec.get("parameters", [])
            if each.get("in") == "query" and each.get("required")
        }

    def names_ids(self, ids: Ids) -> bool:
        """Whether it names a thing that belongs to somebody; a filter only asks for some."""
        body = self.body(ids)
        return bool(self.parameters) or any(each in ids.values() for each in _leaves(body))


def operations(document: Mapping[str, Json]) -> list[Operation]:
    """Every operation of the document."""
    return [
        Operation(spec["operationId"], method.upper(), path, spec, document)
        for path, item in document["paths"].items()
        for method, spec in item.items()
        if method in METHODS
    ]


def _made(schema: Json, document: Mapping[str, Json], ids: Ids, name: str) -> Json:
    if "$ref" in schema:
        found = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return _made(found, document, ids, name)
    if name in ids and schema.get("type", "string") == "string":
        return ids[name]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("examples"):
        return schema["examples"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _made(schema[key][0], document, ids, name)
    if "enum" in schema:
        return schema["enum"][0]
    return _of_type(schema, document, ids, name)


def _of_type(schema: Json, document: Mapping[str, Json], ids: Ids, name: str) -> Json:
    match schema.get("type"):
        case "object":
            wanted = schema.get("properties", {})
            return {
                each: _made(wanted[each], document, ids, each)
                for each in schema.get("required", [])
            } | {each: ids[each] for each in wanted if each in ids}
        case "array":
            count = schema.get("minItems", 0)
            singular = name.removesuffix("s")
            return [_made(schema["items"], document, ids, singular)] * count
        case "integer" | "number":
            return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case _:
            return _text(schema)


def _text(schema: Json) -> str:
    known = {
        "date": "2030-01-01",
        "date-time": "2030-01-01T00:00:00Z",
        "uuid": "01900000-0000-7000-8000-000000000000",
        "uri": "https://example.com/",
    }
    return known.get(schema.get("format", ""), "x" * max(3, schema.get("minLength", 0)))


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value
