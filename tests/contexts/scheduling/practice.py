"""A service and those who offer it: what tests of appointments begin with."""

from datetime import datetime, timedelta
from typing import Any

from contexts.scheduling.studio import Studio

# The clock stands on Monday the 2nd of March 2026, at 10:00 in Vienna.
TUESDAY = "2026-03-03"


def at(hour: str) -> str:
    return f"{TUESDAY}T{hour}:00+01:00"


class Practice:
    """A service with instructors who are there from nine to noon on Tuesdays."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.gym = studio.gym
        self.service: Any = None
        self.instructors: list[str] = []

    async def open(self, *names: str, **changes: Any) -> None:
        for name in names:
            instructor_id = await self.gym.instructor(name)
            self.instructors.append(instructor_id)
            await self.hours(instructor_id)
        usual = {"name": "Training", "minutes": 60, "instructor_ids": self.instructors}
        self.service = await self.gym.post("/services", usual | changes)

    async def hours(self, instructor_id: str, *exceptions: Any) -> None:
        await self.gym.put(
            f"/instructors/{instructor_id}/availability",
            {
                "location_id": self.studio.location,
                "weekly": [{"weekday": 2, "start": 540, "until": 720}],
                "exceptions": list(exceptions),
            },
        )

    def wanted(self, hour: str, **changes: Any) -> dict[str, Any]:
        usual = {"service_id": self.service["id"], "location_id": self.studio.location}
        return usual | {"start_at": at(hour)} | changes

    async def free(self, who: Any = None, **changes: Any) -> list[str]:
        """The starts on the wall clock, of that Tuesday."""
        found = await (who or self.gym).get(
            f"/services/{self.service['id']}/free-times",
            location_id=self.studio.location,
            **{"from": f"{TUESDAY}T00:00:00+01:00", "until": "2026-03-04T00:00:00+01:00"},
            **changes,
        )
        starts = [datetime.fromisoformat(each["start_at"]) for each in found["items"]]
        return [f"{each + timedelta(hours=1):%H:%M}" for each in starts]
