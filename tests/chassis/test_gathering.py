"""Gathering: everybody gets their own answer, whoever goes away or fails meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.works import Asked, Works, asks, outcome, turns
from gymhopper.chassis.correlation import correlate, correlation_id
from gymhopper.chassis.gathering import Gathering, Overloaded
from gymhopper.chassis.origin import Origin, came_from, origin
from gymhopper.kernel.errors import NotFound, Unavailable


async def test_the_first_is_asked_at_once_and_who_comes_meanwhile_together() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=10, waiting=10)
    first = asks(gathering, 1)
    await turns(2)
    assert work.batches == [[1]]
    others = asks(gathering, 2, 3, 4)
    await turns()
    assert work.batches == [[1]]
    work.go()
    await turns()
    assert work.batches == [[1], [2, 3, 4]]
    work.go()
    assert [await each for each in first + others] == [10, 20, 30, 40]


async def test_a_batch_has_no_more_than_may_be_asked_at_once_and_the_rest_keeps_its_order() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=2, waiting=10)
    asked = asks(gathering, 5, 4, 3, 2, 1)
    await turns()
    while work.go():
        await turns()
    assert work.batches == [[5, 4], [3, 2], [1]]
    assert [await each for each in asked] == [50, 40, 30, 20, 10]
    assert work.at_once == 1


async def test_the_next_batch_is_asked_before_anybody_acts_upon_the_last_answers() -> None:
    told: list[str] = []

    async def work(questions: Sequence[int]) -> Sequence[int]:
        told.append(f"asked {questions[0]}")
        await asyncio.sleep(0)
        return questions

    gathering: Gathering[int, int] = Gathering(work, at_once=1, waiting=9)

    async def ask(question: int) -> None:
        told.append(f"answered {await gathering.ask(question)}")

    await asyncio.gather(ask(1), ask(2))
    assert told == ["asked 1", "asked 2", "answered 1", "answered 2"]


async def test_each_gets_the_error_that_is_its_own() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=10, waiting=10)
    asked = asks(gathering, 1, -2, 3)
    await turns()
    work.go()
    assert await asked[0] == 10
    with pytest.raises(NotFound, match="-2"):
        await asked[1]
    assert await asked[2] == 30


async def test_what_the_work_raises_is_raised_for_all_of_the_batch_and_no_other() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=2, waiting=10)
    asked = asks(gathering, 1, 2, 3)
    await turns()
    work.go(ZeroDivisionError())
    await turns()
    work.go()
    assert [await outcome(each) for each in asked] == [ZeroDivisionError, ZeroDivisionError, 30]


async def test_too_few_answers_are_nobodys() -> None:
    async def forgets(questions: Sequence[int]) -> Sequence[int]:
        return questions[1:]

    gathering: Gathering[int, int] = Gathering(forgets, at_once=9, waiting=9)
    assert {await outcome(each) for each in asks(gathering, 1, 2)} == {ValueError}


async def test_one_more_than_may_wait_is_refused_at_once_and_told_when_to_come_again() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=1, waiting=2)
    first = asks(gathering, 1)
    await turns()
    waiting = asks(gathering, 2, 3)
    await turns()
    with pytest.raises(Overloaded) as refused:
        await gathering.ask(4)
    assert (refused.value.status, refused.value.code) == (503, "overloaded")
    assert refused.value.retry_after == 1
    work.go()
    await turns()
    more = asks(gathering, 5)
    await turns()
    while work.go():
        await turns()
    assert [await each for each in first + waiting + more] == [10, 20, 30, 50]


async def test_who_goes_away_while_waiting_is_left_out_and_gives_the_place_free() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=5, waiting=2)
    first = asks(gathering, 1)
    await turns()
    gone, stays = asks(gathering, 2, 3)
    await turns()
    gone.cancel()
    await turns()
    late = asks(gathering, 4)
    await turns()
    work.go()
    await turns()
    work.go()
    assert [await outcome(each) for each in (*first, gone, stays, *late)] == [
        10,
        asyncio.CancelledError,
        30,
        40,
    ]
    assert work.batches == [[1], [3, 4]]


async def test_who_goes_away_in_the_last_moment_before_the_batch_is_left_out_as_well() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=5, waiting=5)
    stays, gone = asks(gathering, 1, 2)
    await turns(1)
    gone.cancel()
    await turns()
    work.go()
    assert await stays == 10
    assert work.batches == [[1]]


async def test_who_goes_away_later_spoils_nothing_for_the_others() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=5, waiting=5)
    asked = asks(gathering, 1, -2, 3)
    await turns()
    asked[0].cancel()
    asked[1].cancel()
    await turns()
    work.go()
    assert await asked[2] == 30
    assert work.batches == [[1, -2, 3]]


async def test_it_is_idle_before_and_as_soon_as_the_last_one_has_its_answer() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=1, waiting=5)
    assert gathering.idle
    seen: list[bool] = []

    async def ask(question: int) -> None:
        with suppress(NotFound):
            await gathering.ask(question)
        seen.append(gathering.idle)

    asked = [asyncio.create_task(ask(each)) for each in (1, -2)]
    await turns()
    assert not gathering.idle
    while work.go():
        await turns()
    await asyncio.gather(*asked)
    assert seen == [False, True]


async def test_the_work_knows_nothing_of_the_request_behind_it() -> None:
    seen: list[tuple[str, Origin]] = []

    async def work(questions: Sequence[int]) -> Sequence[int]:
        seen.append((correlation_id(), origin()))
        return questions

    gathering: Gathering[int, int] = Gathering(work, at_once=1, waiting=9)

    async def ask(question: int) -> None:
        correlate("theirs")
        came_from(Origin(address="192.0.2.1"))
        await gathering.ask(question)
        assert correlation_id() == "theirs"

    await asyncio.gather(ask(1), ask(2))
    assert [where for _, where in seen] == [Origin(), Origin()]
    assert len({"theirs", *(which for which, _ in seen)}) == 3


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
async def test_a_task_that_is_cancelled_leaves_nobody_waiting(steps: int) -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=1, waiting=9)
    asked = asks(gathering, 1, 2)
    while gathering._task is None:
        await turns(1)
    await turns(steps)
    gathering._task.cancel()
    await turns()
    while work.go():
        await turns()
    found = [await outcome(each) for each in asked]
    assert found in ([10, 20], [Unavailable, 20])
    assert gathering.idle


def test_when_the_loop_ends_nobody_is_left_and_a_last_question_is_still_answered() -> None:
    work = Works()
    gathering: Gathering[int, int] = Gathering(work, at_once=1, waiting=9)
    ended: list[object] = []

    async def echo(questions: Sequence[int]) -> Sequence[int]:
        return questions

    farewell: Gathering[int, int] = Gathering(echo, at_once=1, waiting=9)

    async def ask(question: int) -> None:
        try:
            await gathering.ask(question)
        finally:
            ended.append(await farewell.ask(question))

    async def main() -> None:
        kept.extend(asyncio.create_task(ask(each)) for each in range(3))
        await turns()

    kept: list[asyncio.Task[None]] = []
    asyncio.run(main())
    assert sorted(map(str, ended)) == ["0", "1", "2"]
    assert all(each.cancelled() for each in kept)


@pytest.mark.parametrize(("at_once", "waiting"), [(0, 1), (1, 0)])
def test_one_that_could_never_answer_cannot_be_made(at_once: int, waiting: int) -> None:
    with pytest.raises(ValueError, match="must be able"):
        Gathering(Works(), at_once=at_once, waiting=waiting)


Step = tuple[str, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(-3, 12)),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("go"), st.just(0)),
        st.tuples(st.just("fail"), st.just(0)),
        st.tuples(st.just("kill"), st.just(0)),
        st.tuples(st.just("turn"), st.integers(1, 4)),
    ),
    max_size=40,
)


class Story:
    """What happens to one gathering, step by step."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self.work = Works()
        self.gathering: Gathering[int, int] = Gathering(self.work, at_once=at_once, waiting=waiting)
        self.asked: Asked = []
        self.answers: list[object] = []
        self.cancelled: set[int] = set()
        self.kills = self.breaks = 0

    async def do(self, step: Step) -> None:
        name, number = step
        act: Callable[[int], Awaitable[None]] = getattr(self, name)
        await act(number)

    async def ask(self, kind: int) -> None:
        # Questions are numbers that rise with the order of asking; some are to fail.
        number = len(self.asked) + 1
        self.asked += asks(self.gathering, -number if kind < 0 else number)
        self.answers.append(NotFound if kind < 0 else number * 10)

    async def cancel(self, number: int) -> None:
        if number < len(self.asked) and self.asked[number].cancel():
            self.cancelled.add(number)

    async def go(self, _: int) -> None:
        self.work.go()

    async def fail(self, _: int) -> None:
        self.breaks += self.work.go(ZeroDivisionError())

    async def kill(self, _: int) -> None:
        if self.gathering._task is not None:
            self.kills += self.gathering._task.cancel()

    async def turn(self, times: int) -> None:
        await turns(times)

    async def end(self) -> list[object]:
        await turns()
        while self.work.go():
            await turns()
        return [await outcome(each) for each in self.asked]


@settings(max_examples=300, deadline=None)
@given(steps=steps, at_once=st.integers(1, 4), waiting=st.integers(1, 6))
async def test_whatever_happens_everybody_hears_what_is_theirs_in_order(
    steps: list[Step], at_once: int, waiting: int
) -> None:
    story = Story(at_once, waiting)
    for each in steps:
        await story.do(each)
    found = await story.end()
    for number, what in enumerate(found):
        if number in story.cancelled:
            assert what is asyncio.CancelledError
        else:
            theirs = story.answers[number]
            assert what in {theirs, Overloaded, ZeroDivisionError, Unavailable}
    broken, cut = found.count(ZeroDivisionError), found.count(Unavailable)
    assert broken <= story.breaks * at_once
    assert cut <= story.kills * at_once
    order = [abs(each) for batch in story.work.batches for each in batch]
    assert order == sorted(set(order))
    assert all(1 <= len(batch) <= at_once for batch in story.work.batches)
    assert story.work.at_once <= 1
    assert story.gathering.idle
