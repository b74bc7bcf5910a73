"""Walls that no linter sees: between schemas, in front of every route, and between what a process
selects and what it imports."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from fixtures.engines import TestDatabase
from gymhopper.chassis.http import caller
from gymhopper.chassis.registry import load
from gymhopper.chassis.settings import CONTEXTS, SANDBOX

SRC = Path(__file__).parents[2] / "src" / "gymhopper"
SCHEMAS = sorted(each.rpartition(".")[2] for each in CONTEXTS)


def routes() -> Iterator[tuple[str, APIRoute]]:
    for context in load((*CONTEXTS, SANDBOX, "gymhopper.sandbox.clock")):
        for router in context.routers:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    yield context.name, route


def dependencies(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from dependencies(each)


def test_every_route_says_who_may_call_it() -> None:
    undeclared = [
        f"{name}: {sorted(route.methods)} {route.path}"
        for name, route in routes()
        if not {caller._authenticated, caller._anonymous} & set(dependencies(route.dependant))
    ]
    assert undeclared == []
    assert sum(1 for _ in routes()) > 40


def test_operation_names_are_unique() -> None:
    names = [route.name for _, route in routes()]
    assert sorted(names) == sorted(set(names))


def test_no_foreign_key_leaves_its_schema(database: TestDatabase) -> None:
    with psycopg.connect(database.owner_url) as connection:
        crossing = connection.execute(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint AS c"
            " JOIN pg_class AS a ON a.oid = c.conrelid JOIN pg_class AS b ON b.oid = c.confrelid"
            " WHERE contype = 'f' AND a.relnamespace <> b.relnamespace"
        ).fetchall()
    assert crossing == []


@pytest.mark.parametrize("context", SCHEMAS)
def test_no_sql_of_a_context_names_anothers_schema(context: str) -> None:
    foreign = "|".join(each for each in SCHEMAS if each != context)
    pattern = re.compile(
        rf"\b(?:FROM|JOIN|INTO|UPDATE|REFERENCES|TABLE|ON)\s+(?:{foreign})\.[a-z_]", re.IGNORECASE
    )
    found = [
        f"{path.relative_to(SRC)}: {text.strip()[:80]}"
        for path in (SRC / "contexts" / context).rglob("*.py")
        for text in strings(path)
        if pattern.search(text)
    ]
    assert found == []


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def imported_by(statement: str) -> set[str]:
    printed = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{statement}\nimport sys, json\nprint(json.dumps(list(sys.modules)))",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(printed.stdout))


def test_a_context_that_is_not_selected_is_not_imported() -> None:
    loaded = imported_by(
        "from gymhopper.chassis.registry import load\nload(['gymhopper.contexts.venues'])"
    )
    others = {f"gymhopper.contexts.{name}" for name in SCHEMAS if name != "venues"}
    assert loaded & (others | {"stripe", "gymhopper.sandbox"}) == set()


@pytest.mark.parametrize("module", ["gymhopper.contexts.access.gate.app", "gymhopper.edge"])
def test_what_runs_at_the_door_carries_nothing_heavy(module: str) -> None:
    heavy = {"sqlalchemy", "psycopg", "fastapi", "pydantic", "redis", "stripe", "alembic"}
    assert imported_by(f"import {module}") & heavy == set()
