"""Ordered start and stop of the parts of a process."""

from collections.abc import Sequence

from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.registry import Component

log = get_logger(__name__)


class Lifecycle:
    """Starts components in order and stops them in reverse.

    A component that fails to start stops those before it; one that fails to stop does not keep
    the others from stopping.
    """

    def __init__(self, components: Sequence[Component]) -> None:
        self._components = components
        self._running: list[Component] = []

    async def start(self) -> None:
        """Start all, or none."""
        try:
            for component in self._components:
                await component.start()
                self._running.append(component)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop what runs, last started first."""
        while self._running:
            component = self._running.pop()
            try:
                await component.stop()
            except Exception:  # the rest must stop all the same
                log.exception("component_failed_to_stop", component=component.name)

    def troubles(self) -> dict[str, str]:
        """What is not ready, by component; empty means ready."""
        if len(self._running) < len(self._components):
            return {"lifecycle": "starting or stopping"}
        return {
            component.name: trouble
            for component in self._running
            if (trouble := component.trouble()) is not None
        }
