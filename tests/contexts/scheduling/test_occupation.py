"""Rooms and instructors that several classes want at the same time."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from contexts.scheduling.studio import Studio
from contexts.scheduling.town import Gym
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.domain.errors import Occupied
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.storage.occupation import occupy
from gymhopper.kernel.ids import new_id

HOUR = timedelta(hours=1)
ROOMS = [new_id() for _ in range(10)]


def week(gym: Gym) -> list[Class]:
    """A class in each of the rooms at each of many hours."""
    return [
        Class(
            id=new_id(),
            host_organisation_id=gym.organisation_id,
            location_id=new_id(),
            class_type_id=new_id(),
            schedule_id=None,
            on_date=None,
            name="Cycling",
            start_at=gym.clock.now() + hour * HOUR,
            until_at=gym.clock.now() + (hour + 1) * HOUR,
            zone="Europe/Vienna",
            room_id=room,
            instructor_ids=(),
            capacity=1,
            caps=Caps(),
            created_at=gym.clock.now(),
        )
        for room in ROOMS
        for hour in range(60)
    ]


async def put(gym: Gym, classes: Sequence[Class]) -> bool:
    """Whether they have what they need."""
    try:
        async with gym.runtime.begin(SERVICE) as uow:
            await occupy(uow.connection, classes, override=False)
    except Occupied:
        return False
    return True


async def test_two_who_want_the_same_in_any_order_never_wait_in_a_circle(studio: Studio) -> None:
    gym = studio.gym
    found = await asyncio.gather(put(gym, week(gym)), put(gym, week(gym)[::-1]))
    assert sorted(found) == [False, True]
