"""Whatever is sent to whatever operation, by whomever: never a 5xx, and every answer is one that
the OpenAPI document describes. Schemathesis makes the requests from the document itself, in a
process of its own, against the real server."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from authorisation.described import with_examples
from authorisation.world import World, two_organisations
from fixtures.people import MEMBER, NOBODY

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

OWNER, ANONYMOUS = "owner", "anonymous"

CALLERS = (
    *(OWNER, "front_desk", "partner_manager", "support", "kiosk"),
    *(MEMBER, NOBODY, ANONYMOUS),
)
"""Every kind of caller: all that an organisation may, a part of it, a partner, readers, a member,
a session that may nothing, and none."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
"""All but these:

- positive_data_acceptance, negative_data_rejection: whether input is accepted hangs on more than
  its form (a plan that is sold, a state that allows it), and who may not call hears so first.
- use_after_free, ensure_resource_availability: no request here changes anything, so what was made
  cannot be read, and what was removed still is there.
- object_level_authorization: `test_matrix` asks every operation for another organisation's things.
"""

SOME = ("--phases", "examples,fuzzing", "--max-examples", "4")
MANY = ("--phases", "examples,coverage,fuzzing", "--max-examples", "10")
"""How often each operation is tried."""


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with two_organisations() as made:
        yield made


@dataclass(frozen=True)
class Explored:
    """What a run of Schemathesis met."""

    operations: frozenset[str]
    described: int
    """How many operations the document has."""

    succeeded: frozenset[str]
    """Those that answered 2xx at least once."""


async def explore(world: World, caller: str, folder: Path, *options: str) -> Explored:
    """Run Schemathesis as the caller; fails with its report."""
    token = world.tokens.get(caller)
    document = folder / "openapi.json"
    async with world.client(token) as client:
        described = (await client.get("/api/v1/openapi.json")).json()
    ids = world.ids(NOBODY if caller == ANONYMOUS else caller)
    document.write_text(json.dumps(with_examples(described, ids)))
    log = folder / "events.ndjson"
    ran = await asyncio.to_thread(
        subprocess.run,
        [
            *(SCHEMATHESIS, "run", document, "--url", world.runtime.url),
            *("--checks", ",".join(CHECKS), "--report-ndjson-path", log),
            *("--seed", "4711", "--no-color", "--warnings", "off", "--generation-database", "none"),
            *(() if token is None else ("--header", f"Authorization: Bearer {token}")),
            *options,
        ],
        cwd=folder,  # where it keeps its caches
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    operations = sum(len(item) for item in described["paths"].values())
    return explored(log, operations)


def explored(log: Path, operations: int) -> Explored:
    """What its log of events tells, of a document with so many operations."""
    answers = list(answered(json.loads(line) for line in log.read_text().splitlines()))
    return Explored(
        operations=frozenset(operation for operation, _ in answers),
        described=operations,
        succeeded=frozenset(
            operation for operation, status in answers if httpx.codes.is_success(status)
        ),
    )


def answered(events: Iterator[Any]) -> Iterator[tuple[str, int]]:
    """Each answer: the operation and the status."""
    for event in events:
        recorder = event.get("ScenarioFinished", {}).get("recorder", {})
        for each in recorder.get("interactions", {}).values():
            if each["response"] is not None:
                yield recorder["label"], each["response"]["status_code"]


async def signed_in(world: World, caller: str) -> bool:
    """Whether the session is still good: calls that should have ended it were taken back."""
    async with world.client(world.tokens[caller]) as client:
        return (await client.get("/api/v1/sessions")).status_code == httpx.codes.OK


@pytest.mark.prove
@pytest.mark.parametrize("caller", CALLERS)
async def test_nobody_finds_an_answer_that_the_document_does_not_describe(
    world: World, tmp_path: Path, caller: str
) -> None:
    found = await explore(world, caller, tmp_path, *(MANY if caller == OWNER else SOME))
    assert len(found.operations) == found.described
    if caller == OWNER:
        # The others ask for a proof, a device or the platform's administrator, or another state.
        assert len(found.succeeded) >= 90, sorted(found.operations - found.succeeded)
    assert caller == ANONYMOUS or await signed_in(world, caller)
