"""Roles hold scopes that exist, and no scope is left without somebody who holds it."""

import re

import pytest

from gymhopper.chassis.registry import load
from gymhopper.chassis.settings import CONTEXTS
from gymhopper.contexts.identity.domain.roles import GRANTED, MEMBER, OWNER, PLATFORM_ONLY

CLOCK = "gymhopper.sandbox.clock"


def declared() -> set[str]:
    return {scope for each in load((*CONTEXTS, CLOCK)) for scope in each.scopes}


@pytest.mark.parametrize("role", [*GRANTED.values(), MEMBER], ids=lambda role: role.name)
def test_a_role_names_scopes_that_a_context_declares(role: object) -> None:
    assert role.scopes - declared() == set()
    assert role.scopes
    assert role.why.endswith(".")


def test_the_owner_holds_every_scope_but_those_of_the_platform() -> None:
    assert declared() - OWNER.scopes - MEMBER.scopes == set(PLATFORM_ONLY)
    assert OWNER.scopes & set(PLATFORM_ONLY) == set()
    assert all(PLATFORM_ONLY.values())


def test_a_scope_is_an_area_and_what_is_done_there() -> None:
    assert [each for each in declared() if not re.fullmatch(r"[a-z_]+:(read|write)", each)] == []


def test_everybody_but_the_owner_lacks_something() -> None:
    assert [each.name for each in GRANTED.values() if each.scopes >= OWNER.scopes] == ["owner"]


def test_whoever_only_looks_changes_nothing() -> None:
    writing = {each for each in GRANTED["support"].scopes if not each.endswith(":read")}
    assert writing <= {"impersonation:write"}
