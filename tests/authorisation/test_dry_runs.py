"""`Dry-Run: true` on every operation that writes: it leaves no trace anywhere, and answers what the
real call answers.

Nothing is left out: an operation that is added is in the document, so it is in here. Only counters
of the database's sequences move on; no number that anybody sees is made of one.
"""

from collections.abc import Mapping

import httpx
from sqlalchemy import text

from authorisation.calls import Operation, operations
from authorisation.rollback import with_rollback
from authorisation.test_matrix import call, code, none
from authorisation.world import World, two_organisations
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access.jobs import open_cell

OWNER = "owner"

ENDS: Mapping[str, str] = {
    "put_my_email": "the proof that it asks for is counted in a transaction of its own, before",
    "delete_passkey": "as with an address",
    "unlink_provider": "as with an address",
    "open_means_page": "the provider is asked for a page once it is noted down",
    "send_test_webhook": "somebody else's server is asked",
}
"""Operations whose rehearsal ends before the answer, and why: somebody else would be asked, or a
second transaction rests on what the first one stored."""

_TABLES = text(
    "SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class AS c"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind = 'r'"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    " AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
)

_COUNT = (
    "SELECT '<table>', count(*) || ' rows, ' || coalesce(sum(hashtextextended("
    "CAST(t.xmin AS text) || CAST(t.ctid AS text), 0)), 0) FROM <table> AS t"
)

Trace = Mapping[str, str]


async def rows(runtime: Runtime) -> Trace:
    """What every table holds: how many rows, and which versions of them."""
    async with runtime.database.transaction(SERVICE, read_only=True) as connection:
        names = (await connection.execute(_TABLES)).scalars().all()
        counts = " UNION ALL ".join(_COUNT.replace("<table>", name) for name in names)
        found = await connection.execute(text(counts))
        return dict(found.all())


async def keys(runtime: Runtime) -> Trace:
    """What Valkey holds."""
    cell = open_cell(runtime)
    await cell.open()
    names = await cell.call("KEYS", "*")
    held = {repr(name): repr(await cell.call("DUMP", name)) for name in names}
    await cell.close()
    return held


def differences(before: Trace, after: Trace) -> list[str]:
    """Where the two differ."""
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


async def test_a_dry_run_of_any_write_leaves_nothing_and_tells_the_truth() -> None:
    async with two_organisations(rolled_back=False) as world:
        await world.rest()
        async with world.client(world.tokens[OWNER]) as client:
            document = (await client.get("/api/v1/openapi.json")).json()
            writes = [each for each in operations(document) if each.method != "GET"]
            tried, wrong = await rehearse(world, client, writes)
            with_rollback(world.runtime.database)
            for operation in writes:
                real = await call(client, operation, world.ids(OWNER))
                wrong += untrue(operation, tried[operation.id], real)
    assert len(writes) > 60
    # Not all of them are refused before they write.
    assert sum(each.is_success for each in tried.values()) > 30
    none(wrong)


async def rehearse(
    world: World, client: httpx.AsyncClient, writes: list[Operation]
) -> tuple[dict[str, httpx.Response], list[str]]:
    """Call each dry: the answers, and what they left behind."""
    answers, wrong = {}, []
    before = await rows(world.runtime), await keys(world.runtime)
    for operation in writes:
        answer = await call(client, operation, world.ids(OWNER), **{"Dry-Run": "true"})
        answers[operation.id] = answer
        after = await rows(world.runtime), await keys(world.runtime)
        left = [
            each
            for one, other in zip(before, after, strict=True)
            for each in differences(one, other)
        ]
        if left:
            wrong.append(f"{operation.id} ({answer.status_code}) left {', '.join(left)}")
        before = after
    return answers, wrong


def untrue(operation: Operation, tried: httpx.Response, real: httpx.Response) -> list[str]:
    """What is wrong with the answer to a trial, beside the real one."""
    ended = code(tried) == "dry_run_ends"
    if ended != (operation.id in ENDS):
        return [f"{operation.id}: {tried.status_code} {code(tried)}, in reality {real.status_code}"]
    if not ended and (tried.status_code, code(tried)) != (real.status_code, code(real)):
        told = [f"{each.status_code} {each.text[:200]}" for each in (tried, real)]
        return [f"{operation.id}: {', in reality '.join(told)}"]
    return []
