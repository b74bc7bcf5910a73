"""Parts of a process start in order, all or none, and stop in reverse."""

import pytest

from gymhopper.chassis.lifecycle import Lifecycle


class Part:
    """Writes down what happens to it."""

    def __init__(
        self,
        name: str,
        story: list[str],
        *,
        fails_at: str | None = None,
        trouble: str | None = None,
    ) -> None:
        self.name = name
        self._story = story
        self._fails_at = fails_at
        self._trouble = trouble

    async def start(self) -> None:
        self._tell("start")

    async def stop(self) -> None:
        self._tell("stop")

    def trouble(self) -> str | None:
        return self._trouble

    def _tell(self, what: str) -> None:
        self._story.append(f"{what} {self.name}")
        if what == self._fails_at:
            raise RuntimeError(f"{self.name} does not {what}")


async def test_parts_start_in_order_and_stop_in_reverse() -> None:
    story: list[str] = []
    lifecycle = Lifecycle([Part(name, story) for name in "abc"])
    await lifecycle.start()
    await lifecycle.stop()
    assert story == ["start a", "start b", "start c", "stop c", "stop b", "stop a"]


async def test_a_part_that_fails_to_start_stops_those_before_it() -> None:
    story: list[str] = []
    lifecycle = Lifecycle(
        [Part("a", story), Part("b", story), Part("c", story, fails_at="start"), Part("d", story)]
    )
    with pytest.raises(RuntimeError, match="c does not start"):
        await lifecycle.start()
    assert story == ["start a", "start b", "start c", "stop b", "stop a"]


async def test_a_part_that_fails_to_stop_does_not_keep_the_others_running() -> None:
    story: list[str] = []
    lifecycle = Lifecycle([Part("a", story), Part("b", story, fails_at="stop"), Part("c", story)])
    await lifecycle.start()
    await lifecycle.stop()
    assert story[3:] == ["stop c", "stop b", "stop a"]


async def test_a_second_stop_does_nothing() -> None:
    story: list[str] = []
    lifecycle = Lifecycle([Part("a", story)])
    await lifecycle.start()
    await lifecycle.stop()
    await lifecycle.stop()
    assert story == ["start a", "stop a"]


async def test_it_is_not_ready_before_the_start_nor_after_the_stop() -> None:
    lifecycle = Lifecycle([Part("a", [])])
    assert lifecycle.troubles() == {"lifecycle": "starting or stopping"}
    await lifecycle.start()
    assert lifecycle.troubles() == {}
    await lifecycle.stop()
    assert lifecycle.troubles() == {"lifecycle": "starting or stopping"}


async def test_troubles_name_the_parts_that_have_them() -> None:
    lifecycle = Lifecycle([Part("a", []), Part("b", [], trouble="it rains")])
    await lifecycle.start()
    assert lifecycle.troubles() == {"b": "it rains"}
    await lifecycle.stop()
