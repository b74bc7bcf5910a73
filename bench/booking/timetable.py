"""Classes of the benchmark's gym, an hour each and none at the same time as another."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from bench.booking.world import ZONE, Gym

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.usecases.keep_class_type import NewClassType, make_class_type
from gymhopper.kernel.ids import new_id

AHEAD = timedelta(days=2)
"""Far enough that a cancellation is in time."""

HOUR = timedelta(hours=1)
WEEK = 7 * 24


class Timetable:
    """The gym's classes: a full week that nobody books, and behind it those that are added."""

    def __init__(self, runtime: Runtime, gym: Gym) -> None:
        self._runtime = runtime
        self._gym = gym
        self._type_id: UUID | None = None
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self._first = self._next = now + AHEAD

    async def fill(self) -> None:
        """Say what kind of class it is, and fill the week."""
        async with self._runtime.begin(SERVICE) as uow:
            new = NewClassType(
                organisation_id=self._gym.organisation_id,
                name="Spin",
                description="",
                minutes=60,
                credits=1,
                requirements=Requirements(),
            )
            self._type_id = (await make_class_type(uow, new)).id
        await self.add(WEEK, places=20)

    async def add(self, count: int, *, places: int) -> list[UUID]:
        """So many more classes; returns their ids."""
        assert self._type_id is not None
        ids = []
        async with self._runtime.begin(SERVICE) as uow:
            for _ in range(count):
                start, self._next = self._next, self._next + HOUR
                ids.append(new_id())
                uow.add(
                    Class(
                        id=ids[-1],
                        host_organisation_id=self._gym.organisation_id,
                        location_id=self._gym.location_id,
                        class_type_id=self._type_id,
                        schedule_id=None,
                        on_date=None,
                        name="Spin",
                        start_at=start,
                        until_at=start + HOUR,
                        zone=ZONE,
                        room_id=None,
                        instructor_ids=(),
                        capacity=places,
                        caps=Caps(),
                        created_at=uow.now,
                    )
                )
        return ids

    @property
    def path(self) -> str:
        """Where an app reads the week."""
        from_at, until_at = (
            each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in (self._first, self._first + WEEK * HOUR)
        )
        place = self._gym.location_id
        return f"/api/v1/classes?location_id={place}&from={from_at}&until={until_at}&limit=200"
