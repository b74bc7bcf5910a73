"""Up to five members, any steps in any order: after each of them everything agrees."""

import asyncio
import os
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
)

from fixtures import kept_engines
from fixtures.databases import Databases
from fixtures.engines import fresh_database
from fixtures.walks import explore
from gymhopper.chassis.engines import Engines
from gymhopper.chassis.registry import Context
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.kernel.clock import ManualClock
from payments.studio import open_studio
from payments.walk import Member, Walk
from payments.ways import Card, Desk

MEMBERS = 5
WALKS = int(os.environ.get("GYMHOPPER_WALKS", "16"))
ANY = st.integers(0, MEMBERS - 1)


class AnySteps(RuleBasedStateMachine):
    """Each example has a database, a clock and a loop of its own."""

    engines: ClassVar[Engines]
    databases: ClassVar[Databases]
    template: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()
        self._walk = self._do(self._begin())

    async def _begin(self) -> Walk:
        database = self._open.enter_context(fresh_database(self.databases, self.template))
        folder = self._open.enter_context(tempfile.TemporaryDirectory())
        clock = ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))

        async def new_runtime(contexts: list[Context]) -> Runtime:
            runtime = Runtime(
                Settings(data_folder=Path(folder)),
                contexts,
                database_url=database.url,
                valkey_url=self.engines.valkey_url,
                clock=clock,
            )
            self._open.push_async_callback(kept_engines.give_back, kept_engines.lend(runtime))
            self._open.push_async_callback(runtime.close)
            return runtime

        return Walk(await self._open.enter_async_context(open_studio(new_runtime, database, clock)))

    def _do(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(step)

    def _then_check(self, step: Coroutine[Any, Any, Any]) -> None:
        self._do(step)
        self._do(self._walk.check())

    def _one(self, number: int) -> Member:
        return self._walk.members[number % len(self._walk.members)]

    def teardown(self) -> None:
        """Give everything back."""
        self._do(self._open.aclose())
        self._runner.close()

    def _some(self) -> bool:
        return bool(self._walk.members)

    @precondition(lambda self: len(self._walk.members) < MEMBERS)
    @rule(way=st.sampled_from([Card(), Desk()]))
    def subscribe(self, way: Any) -> None:
        self._then_check(self._walk.subscribe(way))

    @precondition(_some)
    @rule(days=st.sampled_from([1, 8, 32]))
    def time_passes(self, days: int) -> None:
        self._then_check(self._walk.time_passes(days))

    @precondition(_some)
    @rule(who=ANY)
    def stops_paying(self, who: int) -> None:
        self._then_check(self._walk.stops_paying(self._one(who)))

    @precondition(_some)
    @rule(who=ANY)
    def pays(self, who: int) -> None:
        self._then_check(self._walk.pays(self._one(who)))

    @precondition(_some)
    @rule(who=ANY, days=st.sampled_from([5, 40]))
    def freezes(self, who: int, days: int) -> None:
        self._then_check(self._walk.freezes(self._one(who), days))

    @precondition(_some)
    @rule(who=ANY)
    def cancels(self, who: int) -> None:
        self._then_check(self._walk.cancels(self._one(who)))

    @precondition(_some)
    @rule(who=ANY)
    def stays(self, who: int) -> None:
        self._then_check(self._walk.stays(self._one(who)))

    @precondition(_some)
    @rule(who=ANY)
    def withdraws(self, who: int) -> None:
        self._then_check(self._walk.withdraws(self._one(who)))

    @precondition(_some)
    @rule(who=ANY, amount=st.sampled_from([1, 1000, 2990]))
    def is_refunded(self, who: int, amount: int) -> None:
        self._then_check(self._walk.is_refunded(self._one(who), amount))

    @precondition(_some)
    @rule(who=ANY)
    def takes_back(self, who: int) -> None:
        self._then_check(self._walk.takes_back(self._one(who)))

    @precondition(_some)
    @rule(who=ANY)
    def gets_dearer(self, who: int) -> None:
        self._then_check(self._walk.gets_dearer(self._one(who)))


@pytest.fixture
def anything(engines: Engines, databases: Databases, template: str) -> type[AnySteps]:
    AnySteps.engines, AnySteps.databases, AnySteps.template = engines, databases, template
    return AnySteps


def test_after_a_few_steps_everything_agrees(anything: type[AnySteps]) -> None:
    explore(anything, examples=2, steps=8)


@pytest.mark.prove
@pytest.mark.timeout(1700)
def test_after_very_many_steps_everything_agrees(anything: type[AnySteps]) -> None:
    explore(anything, examples=WALKS, steps=30)
