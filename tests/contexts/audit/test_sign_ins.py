"""Sign-ins and failed ones are told of, without the address that was tried."""

import pytest

from contexts.identity.people import EMAIL, browser, new_account, sign_in
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.audit.entry import canonical
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.audit.queries import entries as queries
from gymhopper.contexts.identity.administrators import create_administrator
from gymhopper.contexts.identity.context import context as identity


@pytest.fixture
async def runtime(new_runtime: NewRuntime) -> Runtime:
    return await new_runtime([identity])


async def told(runtime: Runtime, action: str) -> list[queries.Entry]:
    async with runtime.read(SERVICE) as connection:
        return await queries.entries(connection, queries.Filter(action=action), limit=10)


async def test_a_sign_in_tells_the_account_the_methods_and_from_where(runtime: Runtime) -> None:
    account = await new_account(runtime)
    async with browser(runtime) as client:
        answer = await sign_in(client)
    assert answer.is_success, answer.text
    (entry,) = await told(runtime, "signed_in")
    assert entry.actor == f"member:{account}"
    assert entry.detail == {"methods": ["password"]}
    assert (entry.address, entry.method) == ("127.0.0.1", "POST")
    assert {each.kind for each in entry.changes} == {"identity.account", "identity.session"}


@pytest.mark.parametrize(("email", "known"), [(EMAIL, True), ("nobody@example.com", False)])
async def test_a_failed_one_tells_the_account_where_there_is_one(
    runtime: Runtime, email: str, *, known: bool
) -> None:
    account = await new_account(runtime)
    async with browser(runtime) as client:
        answer = await sign_in(client, email, "not the password at all")
    assert answer.status_code == 401
    (entry,) = await told(runtime, "sign_in_failed")
    assert entry.actor == "anonymous"
    assert [each.id for each in entry.changes] == ([account] if known else [])
    assert email.encode() not in canonical(entry)


async def test_an_administrators_key_that_is_made_on_the_machine_is_told_of(
    runtime: Runtime,
) -> None:
    await create_administrator(runtime, "operator")
    (entry,) = await told(runtime, "made_administrator")
    assert (entry.actor, entry.operation) == ("console", "admin create")
