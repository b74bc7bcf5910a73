"""An example of what a JSON Schema describes, for people who write a receiver."""

from typing import Any

_TEXTS = {
    "uuid": "0191f3a0-7c1e-7000-8000-000000000001",
    "date-time": "2026-03-29T01:30:00Z",
    "date": "2026-03-29",
}
_NAMED: dict[str, Any] = {
    "amount": 4900,
    "currency": "EUR",
    "country": "AT",
    "city": "Vienna",
    "zone": "Europe/Vienna",
    "latitude": 48.21,
    "longitude": 16.37,
    "kind": "card",
    "date": "2026-03-29",
    "start": 540,
    "until": 1080,
    "you_are": "host and home",
}


def example(schema: dict[str, Any]) -> Any:
    """A document with every field that the schema names."""
    return _of(schema, schema, "")


def _of(part: dict[str, Any], whole: dict[str, Any], name: str) -> Any:
    if "$ref" in part:
        part = whole["$defs"][part["$ref"].removeprefix("#/$defs/")]
    if "anyOf" in part:
        # Null, where it is allowed, says less than any other value.
        part = next((each for each in part["anyOf"] if each.get("type") != "null"), {})
        return _of(part, whole, name)
    if "enum" in part:
        return _NAMED[name] if _NAMED.get(name) in part["enum"] else part["enum"][0]
    if "const" in part:
        return part["const"]
    match part.get("type"):
        case "object":
            fields = part.get("properties", {})
            return {each: _of(inner, whole, each) for each, inner in fields.items()}
        case "array" if "prefixItems" in part:
            return [_of(each, whole, name) for each in part["prefixItems"]]
        case "array":
            return [_of(part["items"], whole, name)] if "items" in part else []
        case "string":
            return _TEXTS.get(part.get("format", "")) or _NAMED.get(name, "text")
        case "integer" | "number":
            return _NAMED.get(name, 1)
        case "boolean":
            return True
        case _:
            return None
