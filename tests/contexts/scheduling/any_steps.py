"""What walks of any steps have in common: each has a database, a clock and a loop of its own."""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from contexts.scheduling.town import Town, open_town
from fixtures import kept_engines
from fixtures.databases import Databases
from fixtures.engines import fresh_database
from gymhopper.chassis.engines import Engines
from gymhopper.chassis.registry import Context
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.kernel.clock import ManualClock


class AnySteps(RuleBasedStateMachine):
    """Each rule is a step, after which everything is checked."""

    engines: ClassVar[Engines]
    databases: ClassVar[Databases]
    template: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()
        self._runner.run(self._begin())

    async def gather(self, town: Town) -> None:
        """Make what the steps work on."""
        raise NotImplementedError

    async def check(self) -> None:
        """Fails when something does not agree."""
        raise NotImplementedError

    async def _begin(self) -> None:
        database = self._open.enter_context(fresh_database(self.databases, self.template))
        folder = self._open.enter_context(tempfile.TemporaryDirectory())
        clock = ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))

        async def new_runtime(contexts: list[Context]) -> Runtime:
            runtime = Runtime(
                Settings(data_folder=Path(folder), limits_booking=0, limits_read=0, limits_write=0),
                contexts,
                database_url=database.url,
                valkey_url=self.engines.valkey_url,
                clock=clock,
            )
            self._open.push_async_callback(kept_engines.give_back, kept_engines.lend(runtime))
            self._open.push_async_callback(runtime.close)
            return runtime

        await self.gather(await self._open.enter_async_context(open_town(new_runtime, clock)))

    def then_check(self, step: Coroutine[Any, Any, None]) -> None:
        """Do it, and look at everything."""
        self._runner.run(step)
        self._runner.run(self.check())

    def teardown(self) -> None:
        """Give everything back."""
        self._runner.run(self._open.aclose())
        self._runner.close()
