"""Whatever is sent to whatever operation, by whomever: never a 5xx, and every answer is one that
the OpenAPI document describes. The requests are made from the document itself, against the real
server."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from authorisation.exploring import MANY, SOME, explore
from authorisation.world import World, two_organisations
from fixtures.people import MEMBER, NOBODY

OWNER, ANONYMOUS = "owner", "anonymous"

CALLERS = (
    *(OWNER, "front_desk", "partner_manager", "support", "kiosk"),
    *(MEMBER, NOBODY, ANONYMOUS),
)
"""Every kind of caller: all that an organisation may, a part of it, a partner, readers, a member,
a session that may nothing, and none."""


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with two_organisations() as made:
        yield made


async def signed_in(world: World, caller: str) -> bool:
    """Whether the session is still good: calls that should have ended it were taken back."""
    async with world.client(world.tokens[caller]) as client:
        return (await client.get("/api/v1/sessions")).status_code == httpx.codes.OK


@pytest.mark.prove
@pytest.mark.parametrize("caller", CALLERS)
async def test_nobody_finds_an_answer_that_the_document_does_not_describe(
    world: World, tmp_path: Path, caller: str
) -> None:
    ids = world.ids(NOBODY if caller == ANONYMOUS else caller)
    options = MANY if caller == OWNER else SOME
    found = await explore(world, world.tokens.get(caller), ids, tmp_path, *options)
    assert len(found.operations) == found.described
    if caller == OWNER:
        # The others ask for a proof, a device or the platform's administrator, or another state.
        assert len(found.succeeded) >= 90, sorted(found.operations - found.succeeded)
    assert caller == ANONYMOUS or await signed_in(world, caller)
