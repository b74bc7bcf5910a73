"""A whole example of every request's body, from the examples of its fields."""

from typing import Any

Json = dict[str, Any]

_PREFIX = "#/components/schemas/"
_OF_FORMAT: Json = {
    "uuid": "01980d5e-6b00-7c3a-9f3e-3b6f2c1d4e5f",
    "date-time": "2026-03-02T09:00:00Z",
    "date": "2026-03-02",
    "uri": "https://example.com/",
    "email": "ada@example.com",
    "binary": "",
}


class Examples:
    """Makes examples for the operations of one document.

    A field's own example comes first, then its default, then whatever its type allows. What may be
    left out is left out, unless the field has an example.
    """

    def __init__(self, schemas: Json) -> None:
        self._schemas = schemas

    def add(self, operation: Json) -> None:
        """Give the operation's body an example, where it has a body without one."""
        content = operation.get("requestBody", {}).get("content", {})
        media = content.get("application/json")
        if media is not None and "example" not in media and "examples" not in media:
            media["example"] = self._of(media["schema"])

    def _of(self, schema: Json) -> Any:
        if "examples" in schema:
            return schema["examples"][0]
        if "$ref" in schema:
            return self._of(self._schemas[schema["$ref"].removeprefix(_PREFIX)])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema.get("default", schema["enum"][0])
        for each in ("anyOf", "oneOf", "allOf"):
            if each in schema:
                return self._of(schema[each][0])
        if schema.get("default") is not None:
            return schema["default"]
        return self._typed(schema)

    def _typed(self, schema: Json) -> Any:
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                least = schema.get("minItems", 0)
                return [self._of(schema.get("items", {})) for _ in range(least)]
            case "string":
                known = _OF_FORMAT.get(schema.get("format", ""))
                return known if known is not None else "x" * max(1, schema.get("minLength", 1))
            case "integer" | "number":
                return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return True
            case _:
                return None

    def _object(self, schema: Json) -> Json:
        required = schema.get("required", ())
        return {
            name: self._of(field)
            for name, field in schema.get("properties", {}).items()
            if name in required or self._tells(field)
        }

    def _tells(self, field: Json) -> bool:
        return "examples" in field or any("examples" in each for each in field.get("anyOf", ()))
