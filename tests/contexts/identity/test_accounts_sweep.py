"""What has expired goes; what counts stays."""

from datetime import timedelta

from sqlalchemy import text

from contexts.identity.conftest import Platform
from contexts.identity.mailbox import do_jobs
from contexts.identity.people import EMAIL, PASSWORD, browser, new_account, sign_in
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.identity.usecases.sweep import _KEPT, sweep
from gymhopper.kernel.clock import ManualClock


async def counts(platform: Platform) -> dict[str, int]:
    found = {}
    async with platform.runtime.read(SERVICE) as connection:
        for table in _KEPT:
            query = text(f"SELECT count(*) FROM identity.{table}")  # noqa: S608 - names of ours
            found[table] = int((await connection.execute(query)).scalar_one())
    return found


async def test_rows_go_when_nobody_can_use_them_any_more(
    platform: Platform, clock: ManualClock
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as client:
        await sign_in(client, password="a wrong guess")
        await sign_in(client)
        body = {"email": EMAIL, "password": PASSWORD}
        await client.post("/api/v1/tokens", json=body)
        await client.post("/api/v1/sessions/links", json={"email": EMAIL})
        await do_jobs(platform.runtime)
        before = await counts(platform)
        assert before["session"] == 2

        async with platform.runtime.begin(SERVICE) as uow:
            await sweep(uow)
        assert await counts(platform) == before
        assert (await client.get("/api/v1/me")).status_code == 200

        clock.advance(timedelta(days=121))
        async with platform.runtime.begin(SERVICE) as uow:
            await sweep(uow)
        after = await counts(platform)
        assert {table for table, count in after.items() if count} == {"known_device"}
