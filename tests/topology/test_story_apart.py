"""The story over processes that share nothing but PostgreSQL, Valkey, Kafka and addresses."""

import asyncio
from base64 import b64encode
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from e2e.soundness import assert_sound
from gymhopper.app.demo import DEMO_CONTEXTS, tell_story
from gymhopper.app.opening import bring_up_to_date, engines
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from topology.processes import PATHS, Fleet, fleet


def onlooker(found: Settings, apart: Fleet) -> Runtime:
    """Reads the same database with the same keys; runs nothing."""
    assert found.database_url is not None
    key = SecretStr(b64encode(apart.master_key).decode())
    runtime = Runtime(
        found.model_copy(update={"master_key": key}),
        load(DEMO_CONTEXTS),
        database_url=found.database_url,
        valkey_url=found.valkey_url,
    )
    runtime.url = apart.urls["identity"]
    return runtime


@pytest.mark.timeout(400)
async def test_the_story_passes_with_a_process_per_context_and_kafka_between_them(
    kafka: str, tmp_path: Path
) -> None:
    settings = Settings(data_folder=tmp_path / "data", contexts=DEMO_CONTEXTS)
    async with engines(settings, alone=True) as found:
        await asyncio.to_thread(bring_up_to_date, found)
        with fleet(found, kafka, tmp_path) as apart:
            runtime = onlooker(found, apart)
            urls = {path: apart.urls[context] for path, context in PATHS.items()}
            try:
                await runtime.stored_clock.refresh()
                told = [step.name async for step in tell_story(runtime, urls=urls)]
                await assert_sound(runtime)
            finally:
                await runtime.close()

            assert len(told) == 20
            assert found.superuser_url is not None
            with psycopg.connect(found.superuser_url) as connection:
                relayed = connection.execute(
                    "SELECT seq FROM bus.cursor WHERE subscriber = 'relay:kafka'"
                ).fetchone()
                last = connection.execute("SELECT last FROM bus.sequence").fetchone()
            # Every event went through the broker.
            assert relayed == last
            assert await asyncio.to_thread(apart.stop) == dict.fromkeys(apart.running, 0)
