"""A few people and classes, any steps in any order: after each of them everything agrees."""

import os
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from contexts.scheduling.any_steps import AnySteps
from contexts.scheduling.crowd import Crowd
from contexts.scheduling.town import Town
from fixtures.databases import Databases
from fixtures.walks import explore
from gymhopper.chassis.engines import Engines

WALKS = int(os.environ.get("GYMHOPPER_BOOKING_WALKS", "40"))
WHO = st.integers(0, Crowd.PEOPLE - 1)
WHICH = st.integers(0, Crowd.CLASSES - 1)


class AnyBookings(AnySteps):
    """What people and a gym do about bookings."""

    _crowd: Crowd

    async def gather(self, town: Town) -> None:
        """A crowd."""
        self._crowd = await Crowd.gather(town)

    async def check(self) -> None:
        """All that ever was."""
        await self._crowd.check()

    @rule(who=WHO, which=WHICH)
    def books(self, who: int, which: int) -> None:
        self.then_check(self._crowd.books(who, which))

    @rule(which=WHICH)
    def all_book_at_once(self, which: int) -> None:
        self.then_check(self._crowd.all_book(which))

    @rule(who=WHO, which=WHICH)
    def cancels(self, who: int, which: int) -> None:
        self.then_check(self._crowd.cancels(who, which))

    @rule(who=WHO, which=WHICH)
    def accepts(self, who: int, which: int) -> None:
        self.then_check(self._crowd.accepts(who, which))

    @rule(which=WHICH, places=st.integers(0, 4))
    def is_resized(self, which: int, places: int) -> None:
        self.then_check(self._crowd.is_resized(which, places))

    @rule(which=WHICH)
    def is_cancelled(self, which: int) -> None:
        self.then_check(self._crowd.is_cancelled(which))

    @rule(who=WHO)
    def freezes_or_thaws(self, who: int) -> None:
        self.then_check(self._crowd.freezes_or_thaws(who))

    @rule(who=WHO, credits=st.integers(0, 3))
    def has_other_credits(self, who: int, credits: int) -> None:  # noqa: A002 - what they are
        self.then_check(self._crowd.has_other_credits(who, credits))

    @rule()
    def the_ledger_hears(self) -> None:
        self.then_check(self._crowd.the_ledger_hears())

    @rule(minutes=st.sampled_from([5, 31, 600]))
    def time_passes(self, minutes: int) -> None:
        self.then_check(self._crowd.time_passes(timedelta(minutes=minutes)))

    @rule(offers=st.booleans())
    def the_gym_offers_or_promotes(self, offers: bool) -> None:
        self.then_check(self._crowd.offers(on=offers))


@pytest.fixture
def anything(engines: Engines, databases: Databases, template: str) -> type[AnyBookings]:
    AnyBookings.engines, AnyBookings.databases = engines, databases
    AnyBookings.template = template
    return AnyBookings


def test_after_some_steps_everything_agrees(anything: type[AnyBookings]) -> None:
    explore(anything, examples=4, steps=25)


@pytest.mark.prove
@pytest.mark.timeout(1700)
def test_after_very_many_steps_everything_agrees(anything: type[AnyBookings]) -> None:
    explore(anything, examples=WALKS, steps=60)
