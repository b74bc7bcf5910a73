"""The OpenAPI document with examples that exist, so that exploring it goes past the 404s."""

import copy

from authorisation.bodies import body_of, meant
from authorisation.calls import Ids, Json, operations

_KEY = {"$ref": "#/components/parameters/IdempotencyKey"}


def with_examples(document: Json, ids: Ids) -> Json:
    """The same document; in paths, filters and bodies it names things that these ids stand for."""
    found = copy.deepcopy(document)
    for operation in operations(found):
        names = meant(operation, ids)
        operation.spec["parameters"] = [
            _key(operation.id, found) if each == _KEY else each
            for each in operation.spec.get("parameters", ())
        ]
        for each in operation.spec["parameters"]:
            if each.get("in") in {"path", "query"} and each["name"] in names:
                each["example"] = names[each["name"]]
        content = operation.spec.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            content["application/json"]["example"] = body_of(operation, names)
    return found


def _key(name: str, document: Json) -> Json:
    """The parameter with a key of the operation's own: with one for all, those that run at the same
    time would get in each other's way."""
    return {**document["components"]["parameters"]["IdempotencyKey"], "example": name}
