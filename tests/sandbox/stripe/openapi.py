"""Stripe's OpenAPI description as JSON Schemas that know every attribute of every object."""

import gzip
import json
import os
import re
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


def request_problems(method: str, path: str, form: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a request, given as `wire.form` reads its fields."""
    operation = _operation(method, path)
    if operation is None:
        yield f"Stripe has no {method} {path}"
        return
    if method == "GET":
        asked = [each for each in operation["parameters"] if each["in"] == "query"]
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {each["name"]: each["schema"] for each in asked},
            "required": [each["name"] for each in asked if each.get("required")],
        }
    else:
        schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    for error in _validator(schema).iter_errors(_typed(form, schema)):
        yield f"{method} {path}{error.json_path[1:]}: {_deepest(error).message[:300]}"


def _operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation whose path has the most words in common."""
    steps, found = path.split("/"), []
    for known, operations in description()["paths"].items():
        pattern = known.split("/")
        words = sum(one == other for one, other in zip(pattern, steps, strict=False))
        fits = len(pattern) == len(steps) and all(
            one == other or one.startswith("{") for one, other in zip(pattern, steps, strict=True)
        )
        if fits and method.lower() in operations:
            found.append((words, operations[method.lower()]))
    return max(found, key=lambda each: each[0])[1] if found else None


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(_json_schema(schema), registry=_registry())


def _typed(value: Any, schema: dict[str, Any]) -> Any:
    """A form's strings as the types that the schema wants, where they can be read so."""
    if "anyOf" in schema:
        readings = [(option, _typed(value, option)) for option in schema["anyOf"]]
        return next((read for option, read in readings if _validator(option).is_valid(read)), value)
    kind = schema.get("type")
    if isinstance(value, dict):
        if kind == "array":
            ordered = sorted(value, key=lambda index: (len(index), index))
            return [_typed(value[index], schema.get("items", {})) for index in ordered]
        inner, others = schema.get("properties", {}), schema.get("additionalProperties")
        rest = others if isinstance(others, dict) else {}
        return {name: _typed(each, inner.get(name, rest)) for name, each in value.items()}
    if kind == "integer" and re.fullmatch("-?[0-9]+", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return float(value)
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value
