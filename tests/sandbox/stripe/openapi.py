"""Stripe's OpenAPI description as JSON Schemas that know every attribute of every object."""

import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

NAME = "stripe-openapi-2026-08-26.dahlia.json.gz"
_ROOT = "urn:stripe"


@cache
def description() -> dict[str, Any]:
    """The description; the test is skipped when the data are not there."""
    folder = os.environ.get("GYMHOPPER_TEST_DATA")
    if folder is None:
        pytest.skip(f"GYMHOPPER_TEST_DATA does not say where {NAME} is")
    loaded: dict[str, Any] = json.loads(gzip.decompress((Path(folder) / NAME).read_bytes()))
    return loaded


def _json_schema(node: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, and no object has unknown names."""
    if isinstance(node, list):
        return [_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    schema = {key: _json_schema(value) for key, value in node.items() if key != "nullable"}
    if "$ref" in schema:
        return {"$ref": _ROOT + schema["$ref"]}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    return {"anyOf": [schema, {"type": "null"}]} if node.get("nullable") is True else schema


@cache
def _registry() -> Registry[Any]:
    schemas = {
        name: _json_schema(schema)
        for name, schema in description()["components"]["schemas"].items()
    }
    root = Resource.from_contents({"components": {"schemas": schemas}}, DRAFT202012)
    return Registry().with_resource(_ROOT, root)


def problems(found: dict[str, Any]) -> Iterator[str]:
    """What is wrong with an object, by its own word on what it is."""
    schema = {"$ref": f"{_ROOT}#/components/schemas/{found['object']}"}
    for error in Draft202012Validator(schema, registry=_registry()).iter_errors(found):
        yield f"{found['object']}{error.json_path[1:]}: {_deepest(error).message[:300]}"


def _deepest(error: Any) -> Any:
    while error.context:
        error = max(error.context, key=lambda each: len(each.path))
    return error


def event_types() -> set[str]:
    """The types of events that a webhook endpoint can ask for."""
    operation = description()["paths"]["/v1/webhook_endpoints"]["post"]
    content = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]
    items = content["schema"]["properties"]["enabled_events"]["items"]
    return set(items["enum"])
