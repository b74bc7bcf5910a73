"""Every route says who may call it, and is described so that a client can be made from it."""

import re
from collections.abc import Iterator, Sequence
from inspect import iscoroutinefunction
from typing import Any

import jsonschema
import pytest
from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http import caller
from gymhopper.chassis.http.app import describe
from gymhopper.chassis.http.caller import public, scoped, signed_in
from gymhopper.chassis.registry import Context, load
from gymhopper.chassis.settings import SANDBOX, Settings

Json = dict[str, Any]

CONTEXTS = load([*Settings().contexts, SANDBOX, "gymhopper.sandbox.clock"])
_CALLERS = {caller._authenticated, caller._in_session, caller._anonymous}
_NAME = re.compile(r"[a-z]+(_[a-z0-9]+)+")
_SCOPE = re.compile(r"[a-z-]+:(read|write)")
_WRITES = {"post", "put", "patch", "delete"}


def routes(context: Context) -> Iterator[APIRoute]:
    for router in context.routers:
        for route in router.routes:
            assert isinstance(route, APIRoute), f"{route} is no route of the framework"
            yield route


def dependants(found: Dependant) -> Iterator[Dependant]:
    for each in found.dependencies:
        yield each
        yield from dependants(each)


def undeclared(context: Context) -> list[str]:
    """Routes that do not say who may call them, or say it more than once."""
    return [
        f"{context.name}: {route.path}"
        for route in routes(context)
        if len([each for each in route.dependant.dependencies if each.call in _CALLERS]) != 1
    ]


def scopes(context: Context) -> set[str]:
    """The scopes that the context's routes ask for."""
    return {
        scope
        for route in routes(context)
        for each in dependants(route.dependant)
        for scope in each.own_oauth_scopes or ()
    }


def faults(document: Json) -> list[str]:
    """What is missing from the description."""
    found, names = [], []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            place = f"{method.upper()} {path}"
            names.append(operation.get("operationId", ""))
            if not _NAME.fullmatch(names[-1]):
                found.append(f"{place}: {names[-1]} is no verb and noun")
            found += [
                f"{place}: no {each}"
                for each in ("summary", "description", "tags", "security")
                if operation.get(each) in (None, "") or (each == "tags" and not operation[each])
            ]
            found += _unanswered(place, operation, document)
            shared = [
                p["$ref"].rpartition("/")[2] for p in operation.get("parameters", ()) if "$ref" in p
            ]
            secured = operation.get("security") and not operation.get("x-bare")
            if ("IdempotencyKey" in shared) != bool(secured and method in _WRITES):
                found.append(f"{place}: Idempotency-Key")
    found += [f"{each}: twice" for each in sorted(set(names)) if names.count(each) > 1]
    forms = [re.sub("{[^}]+}", "{}", path) for path in document["paths"]]
    found += [f"{each}: twice" for each in sorted(set(forms)) if forms.count(each) > 1]
    told = {each["name"] for each in document["tags"] if each["description"]}
    used = {t for i in document["paths"].values() for o in i.values() for t in o.get("tags", ())}
    return found + [f"tag {each}: no description" for each in sorted(used - told)]


def _unanswered(place: str, operation: Json, document: Json) -> Iterator[str]:
    responses = operation["responses"]
    if not any(status[0] in "23" for status in responses):
        yield f"{place}: no success"
    if operation["security"] and not {"401", "403"} <= set(responses):
        yield f"{place}: 401 and 403"
    media = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if media is not None:
        schema = {**media["schema"], "components": document["components"]}
        validator = jsonschema.Draft202012Validator(schema)
        for error in validator.iter_errors(media.get("example")):
            yield f"{place}: the example: {error.json_path} {error.message}"


@pytest.fixture(scope="module")
def document() -> Json:
    return describe(CONTEXTS, Settings())


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda each: each.name)
def test_every_route_says_who_may_call_it(context: Context) -> None:
    assert undeclared(context) == []


def test_every_scope_that_a_route_asks_for_is_declared_once_and_none_in_vain() -> None:
    """A context may ask for another's: who changes employees also invites them to sign in."""
    declared = [name for each in CONTEXTS for name in each.scopes]
    assert sorted(set().union(*map(scopes, CONTEXTS))) == sorted(declared)
    assert [each for each in declared if not _SCOPE.fullmatch(each)] == []


def test_every_operation_is_described(document: Json) -> None:
    assert faults(document) == []


def test_the_document_names_every_route_and_every_fast_path(document: Json) -> None:
    described = {(p, m.upper()) for p, item in document["paths"].items() for m in item}
    routed = {
        (f"/api/v1{route.path}", method)
        for context in CONTEXTS
        for route in routes(context)
        for method in route.methods
    }
    assert routed <= described
    gate = {p for p, _ in described if p.startswith("/api/v1/access/")}
    assert {p.removeprefix("/api/v1") for p in gate} == {
        "/access/checkin",
        "/access/passage",
        "/access/sessions",
        "/access/sessions/challenge",
    }


def test_every_reference_leads_somewhere(document: Json) -> None:
    for reference in set(_references(document)):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in place, reference
            place = place[part]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def test_the_security_schemes_tell_what_each_scope_allows(document: Json) -> None:
    told = document["components"]["securitySchemes"]["bearer"]["x-scopes"]
    assert told == {k: v for each in CONTEXTS for k, v in each.scopes.items()}
    assert document["openapi"].startswith("3.1.")


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda each: each.name)
def test_no_request_changes_threads_for_a_dependency(context: Context) -> None:
    """The framework runs what is not async in a thread, which costs more than most of it does."""
    hopping = {
        f"{route.path}: {each.call}"
        for route in routes(context)
        for each in [route.dependant, *dependants(route.dependant)]
        if not isinstance(each.call, type)
        and not iscoroutinefunction(each.call)
        and not iscoroutinefunction(type(each.call).__call__)
    }
    assert hopping == set()


def planted(
    *declared: Any, name: str = "do_thing", scopes_: Sequence[str] = (), text: str = "Does it."
) -> Context:
    """A context with one route, of which the callers are declared like this."""
    router = APIRouter()

    class Body(BaseModel):
        word: str

    if declared:

        async def endpoint(body: Body, caller: AuthSubject = declared[0]) -> None:
            """..."""
    else:

        async def endpoint(body: Body) -> None:  # type: ignore[misc]  # the variant that is wrong
            """..."""

    endpoint.__name__, endpoint.__doc__ = name, text
    router.add_api_route("/things", endpoint, methods=["POST"], summary="Do", tags=["things"])
    return Context(
        name="planted",
        routers=[router],
        scopes=dict.fromkeys(scopes_, "do it"),
        tags={"things": "Things."},
    )


def test_a_route_without_a_declaration_is_caught() -> None:
    assert undeclared(planted()) == ["planted: /things"]
    for declared in (public(), signed_in(), scoped("things:write")):
        assert undeclared(planted(declared)) == []


def test_scopes_that_are_not_declared_or_not_used_are_caught() -> None:
    assert scopes(planted(scoped("things:write"))) == {"things:write"}
    assert scopes(planted(public(), scopes_=["things:read"])) == set()


@pytest.mark.parametrize(
    ("context", "says"),
    [
        (planted(public(), name="things"), "things is no verb and noun"),
        (planted(public(), text=""), "no description"),
    ],
)
def test_a_poor_description_is_caught(context: Context, says: str) -> None:
    assert any(says in each for each in faults(describe([context], Settings())))


def test_two_operations_of_one_name_are_caught() -> None:
    with pytest.warns(UserWarning, match="Duplicate Operation ID"):
        twice = describe([planted(public(), name="get_health")], Settings())
    assert "get_health: twice" in faults(twice)


def test_a_good_description_has_no_faults() -> None:
    assert faults(describe([planted(scoped("things:write"))], Settings())) == []
    without = describe([planted(scoped("things:write"))], Settings())
    without["paths"]["/api/v1/things"]["post"]["parameters"] = []
    assert faults(without) == ["POST /api/v1/things: Idempotency-Key"]
