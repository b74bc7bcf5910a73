"""A few people and classes, any steps in any order: after each of them everything agrees."""

import asyncio
import os
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from contexts.scheduling.crowd import Crowd
from contexts.scheduling.town import open_town
from fixtures import kept_engines
from fixtures.databases import Databases
from fixtures.engines import fresh_database
from gymhopper.chassis.engines import Engines
from gymhopper.chassis.registry import Context
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.settings import Settings
from gymhopper.kernel.clock import ManualClock

WALKS = int(os.environ.get("GYMHOPPER_BOOKING_WALKS", "40"))
WHO = st.integers(0, Crowd.PEOPLE - 1)
WHICH = st.integers(0, Crowd.CLASSES - 1)


class AnyBookings(RuleBasedStateMachine):
    """Each example has a database, a clock and a loop of its own."""

    engines: ClassVar[Engines]
    databases: ClassVar[Databases]
    template: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()
        self._crowd: Crowd = self._runner.run(self._begin())

    async def _begin(self) -> Crowd:
        database = self._open.enter_context(fresh_database(self.databases, self.template))
        folder = self._open.enter_context(tempfile.TemporaryDirectory())
        clock = ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))

        async def new_runtime(contexts: list[Context]) -> Runtime:
            runtime = Runtime(
                Settings(data_folder=Path(folder), limits_booking=0, limits_write=0),
                contexts,
                database_url=database.url,
                valkey_url=self.engines.valkey_url,
                clock=clock,
            )
            self._open.push_async_callback(kept_engines.give_back, kept_engines.lend(runtime))
            self._open.push_async_callback(runtime.close)
            return runtime

        town = await self._open.enter_async_context(open_town(new_runtime, clock))
        return await Crowd.gather(town)

    def _then_check(self, step: Coroutine[Any, Any, None]) -> None:
        self._runner.run(step)
        self._runner.run(self._crowd.check())

    def teardown(self) -> None:
        """Give everything back."""
        self._runner.run(self._open.aclose())
        self._runner.close()

    @rule(who=WHO, which=WHICH)
    def books(self, who: int, which: int) -> None:
        self._then_check(self._crowd.books(who, which))

    @rule(which=WHICH)
    def all_book_at_once(self, which: int) -> None:
        self._then_check(self._crowd.all_book(which))

    @rule(who=WHO, which=WHICH)
    def cancels(self, who: int, which: int) -> None:
        self._then_check(self._crowd.cancels(who, which))

    @rule(who=WHO, which=WHICH)
    def accepts(self, who: int, which: int) -> None:
        self._then_check(self._crowd.accepts(who, which))

    @rule(which=WHICH, places=st.integers(0, 4))
    def is_resized(self, which: int, places: int) -> None:
        self._then_check(self._crowd.is_resized(which, places))

    @rule(which=WHICH)
    def is_cancelled(self, which: int) -> None:
        self._then_check(self._crowd.is_cancelled(which))

    @rule(who=WHO)
    def freezes_or_thaws(self, who: int) -> None:
        self._then_check(self._crowd.freezes_or_thaws(who))

    @rule(who=WHO, credits=st.integers(0, 3))
    def has_other_credits(self, who: int, credits: int) -> None:  # noqa: A002 - what they are
        self._then_check(self._crowd.has_other_credits(who, credits))

    @rule()
    def the_ledger_hears(self) -> None:
        self._then_check(self._crowd.the_ledger_hears())

    @rule(minutes=st.sampled_from([5, 31, 600]))
    def time_passes(self, minutes: int) -> None:
        self._then_check(self._crowd.time_passes(timedelta(minutes=minutes)))

    @rule(offers=st.booleans())
    def the_gym_offers_or_promotes(self, offers: bool) -> None:
        self._then_check(self._crowd.offers(on=offers))


@pytest.fixture
def anything(engines: Engines, databases: Databases, template: str) -> type[AnyBookings]:
    AnyBookings.engines, AnyBookings.databases = engines, databases
    AnyBookings.template = template
    return AnyBookings


def explore(anything: type[AnyBookings], *, examples: int, steps: int) -> None:
    """An example takes seconds: shrinking one would take longer than reading it."""
    run_state_machine_as_test(
        anything,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_after_some_steps_everything_agrees(anything: type[AnyBookings]) -> None:
    explore(anything, examples=4, steps=25)


@pytest.mark.prove
@pytest.mark.timeout(1700)
def test_after_very_many_steps_everything_agrees(anything: type[AnyBookings]) -> None:
    explore(anything, examples=WALKS, steps=60)
