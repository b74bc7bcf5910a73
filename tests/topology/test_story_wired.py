"""The story in one process in which nothing is handed over unserialised, and all comes twice."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import pytest

from e2e.soundness import assert_sound
from gymhopper.app.demo import tell_story, temporary_platform
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.remote import RemoteApi
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contracts.membership.api import MembershipApi


@pytest.mark.timeout(300)
async def test_the_story_passes_with_calls_serialised_and_events_delivered_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches: dict[str, list[list[UUID]]] = defaultdict(list)
    take = Delivery.take

    async def noted(self: Delivery, uow: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        batches[self.subscriber].append([each.id for each in envelopes])
        await take(self, uow, envelopes)

    monkeypatch.setattr(Delivery, "take", noted)
    async with temporary_platform(wired=True) as process:
        async for _ in tell_story(process.runtime):
            pass
        await assert_sound(process.runtime)

        assert isinstance(process.runtime.api(MembershipApi), RemoteApi)
    assert {"access", "billing", "membership"} <= batches.keys()
    for each in batches.values():
        assert each[::2] == each[1::2]
