"""Appointments, and classes in their way; any steps in any order: after each of them nobody is in
two places, what is shown can be booked, and everything rests on something."""

import os
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from contexts.scheduling.any_steps import AnySteps
from contexts.scheduling.diary import Diary
from contexts.scheduling.town import Town
from fixtures.databases import Databases
from fixtures.walks import explore
from gymhopper.chassis.engines import Engines

WALKS = int(os.environ.get("GYMHOPPER_APPOINTMENT_WALKS", "40"))
WHO = st.integers(0, Diary.PEOPLE - 1)
SERVICE = INSTRUCTOR = st.integers(0, 1)
SLOT = st.integers(0, 35)
NTH = st.integers(0, 60)
DAY = st.integers(0, 2)
HOURS = st.sampled_from([(), ((600, 720),), ((540, 600), (630, 1440)), ((1320, 1800),)])
MINUTES = st.sampled_from([0, 15, 30])
CANCEL = st.sampled_from(["person", "desk", "gym"])
MARK = st.sampled_from(["attended", "attended", "missed", "booked"])


def step(deed: str, *how: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """A deed of the diary, and with what."""
    return st.tuples(st.just(deed), *how)


BOOKING = step("books", WHO, SERVICE, NTH)
STEPS = st.one_of(
    *(BOOKING,) * 9,
    step("asks_for", WHO, SERVICE, SLOT, st.none() | INSTRUCTOR),
    step("is_booked_by_the_desk", WHO, SERVICE, SLOT),
    *(step("cancels", NTH, CANCEL), step("cancels", NTH, st.just("person"))),
    *(step("is_marked", NTH, MARK), step("is_marked", NTH, MARK)),
    step("adds_a_class", SLOT, st.none() | INSTRUCTOR, st.booleans()),
    *(step("books_a_class", WHO, NTH), step("books_a_class", WHO, NTH)),
    step("leaves_a_class", NTH),
    step("cancels_a_class", NTH),
    step("freezes", NTH, st.integers(0, 5), st.integers(1, 2)),
    step("ends", NTH, st.sampled_from([0, 20, 48])),
    *(step("runs_again", WHO), step("runs_again", WHO)),
    step("has_other_hours", INSTRUCTOR, DAY, HOURS),
    *(step("closes", DAY), step("opens")),
    *(step("retires", SERVICE), step("is_offered_again")),
    step("keeps_free", SERVICE, MINUTES, MINUTES),
    step("the_ledger_hears"),
    step("time_passes", st.sampled_from([10, 60, 150])),
)


class AnyAppointments(AnySteps):
    """What people and a gym do about them, each as often as the others: rules of their own would be
    left out of most walks."""

    _diary: Diary

    async def gather(self, town: Town) -> None:
        """A diary."""
        self._diary = await Diary.open(town)

    async def check(self) -> None:
        """All that ever was."""
        await self._diary.check()

    @rule(step=STEPS)
    def something_happens(self, step: tuple[Any, ...]) -> None:
        deed, *how = step
        self.then_check(getattr(self._diary, deed)(*how))


@pytest.fixture
def anything(engines: Engines, databases: Databases, template: str) -> type[AnyAppointments]:
    AnyAppointments.engines, AnyAppointments.databases = engines, databases
    AnyAppointments.template = template
    return AnyAppointments


def test_after_some_steps_everything_agrees(anything: type[AnyAppointments]) -> None:
    explore(anything, examples=4, steps=25)


@pytest.mark.prove
@pytest.mark.timeout(1700)
def test_after_very_many_steps_everything_agrees(anything: type[AnyAppointments]) -> None:
    explore(anything, examples=WALKS, steps=60)
