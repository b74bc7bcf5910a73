"""Schemathesis on the OpenAPI document: requests that it makes itself, in a process of its own, as
somebody."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from authorisation.calls import Ids
from authorisation.described import with_examples
from authorisation.world import World

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

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


@dataclass(frozen=True)
class Explored:
    """What a run of Schemathesis met."""

    operations: frozenset[str]
    described: int
    """How many operations the document has."""

    urls: frozenset[tuple[str, str]]
    """What answered 2xx: the operations, and as what they were called."""

    @property
    def succeeded(self) -> frozenset[str]:
        """Those that answered 2xx at least once."""
        return frozenset(operation for operation, _ in self.urls)

    def named(self, several: Collection[str]) -> frozenset[str]:
        """Those that did so with one of these ids in their paths."""
        return frozenset(
            operation
            for operation, url in self.urls
            if not set(several).isdisjoint(urlsplit(url).path.split("/"))
        )


async def explore(
    world: World, token: str | None, ids: Ids, folder: Path, *options: str
) -> Explored:
    """Run Schemathesis as whose token it is, with these ids in its examples; fails with its
    report."""
    document = folder / "openapi.json"
    async with world.client(token) as client:
        described = (await client.get("/api/v1/openapi.json")).json()
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
        operations=frozenset(operation for operation, _, _ in answers),
        described=operations,
        urls=frozenset(
            (operation, url) for operation, url, status in answers if httpx.codes.is_success(status)
        ),
    )


def answered(events: Iterator[Any]) -> Iterator[tuple[str, str, int]]:
    """Each answer: the operation, the URL and the status."""
    for event in events:
        recorder = event.get("ScenarioFinished", {}).get("recorder", {})
        for each in recorder.get("interactions", {}).values():
            if each["response"] is not None:
                yield recorder["label"], each["request"]["uri"], each["response"]["status_code"]
