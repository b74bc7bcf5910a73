"""The demonstration: the story as a check, or a living network to look at."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from gymhopper.app.process import Process
from gymhopper.app.running import running
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import CONTEXTS, SANDBOX, Settings
from gymhopper.contexts.identity.administrators import create_administrator
from gymhopper.sandbox.demo.client import Platform
from gymhopper.sandbox.demo.story import Step, Story
from gymhopper.sandbox.stripe.webhooks.signature import sign

CLOCK = "gymhopper.sandbox.clock"
DEMO_CONTEXTS = (*CONTEXTS, SANDBOX, CLOCK)


@asynccontextmanager
async def temporary_platform(*, wired: bool = False) -> AsyncIterator[Process]:
    """A whole platform on free ports in a temporary folder, gone with the block."""
    with tempfile.TemporaryDirectory(prefix="gymhopper-", ignore_cleanup_errors=True) as folder:
        settings = Settings(data_folder=Path(folder), port=0, contexts=DEMO_CONTEXTS, wired=wired)
        async with running(settings) as process:
            yield process


async def tell_story(
    runtime: Runtime, *, urls: Mapping[str, str] | None = None
) -> AsyncIterator[Step]:
    """Tell the story to a running platform; `urls` says where contexts answer that run apart."""
    platform = Platform(runtime.url, await create_administrator(runtime, "story"), urls=urls)
    secret = "whsec_" + runtime.secrets.key("sandbox-stripe-webhook").hex()
    story = Story(
        platform,
        stripe_url=(urls or {}).get("sandbox", runtime.url) + "/sandbox/stripe",
        sign=lambda body: sign(secret, body, int(runtime.clock.now().timestamp())),
    )
    try:
        async for step in story.tell():
            yield step
    finally:
        await story.close()
        await platform.close()
