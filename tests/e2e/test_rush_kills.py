"""An API process that is killed while everybody wants the same class: each asks another process
again, with the key that they had, and has one place or one in line."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from bench.booking.timetable import Timetable
from sqlalchemy import text

from e2e.installation import Installation, another_process, installed
from e2e.soundness import UNDER_WAY, settle
from e2e.soundness import found as told
from e2e.town import rows, town
from gymhopper.sandbox.demo.client import until

PEOPLE, PLACES = 100, 10

BOOKINGS = text(
    "SELECT id, person_id, status, number FROM scheduling.booking WHERE class_id = :id"
    " ORDER BY number"
)
COUNTS = text("SELECT taken, waiting FROM scheduling.class WHERE id = :id")


@dataclass
class Rush:
    """Everybody asks one process at once, which is killed after so many answers; then, with the
    same key, whoever is still there."""

    http: httpx.AsyncClient
    path: str
    tokens: list[str]
    dying: Installation
    living: Installation
    answers: int
    heard: dict[int, bytes] = field(default_factory=dict)
    """What was answered before the end, by the numbers of the people."""

    async def take_place(self) -> dict[int, bytes]:
        """What each of them was told in the end."""
        return dict(enumerate(await asyncio.gather(*map(self._ask, range(len(self.tokens))))))

    async def again(self, number: int) -> bytes:
        """What the process that lives answers."""
        answer = await until(
            lambda: self._post(self.living, number),
            # What died may still be on its way in the database, with the key.
            lambda found: found.status_code == httpx.codes.CREATED,
            what="a place is given",
        )
        return answer.content

    async def _ask(self, number: int) -> bytes:
        try:
            answer = await self._post(self.dying, number)
        except httpx.TransportError:
            return await self.again(number)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        self.heard[number] = answer.content
        if len(self.heard) == self.answers:
            self.dying.kill("main")
        return answer.content

    async def _post(self, at: Installation, number: int) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.tokens[number]}",
            "Idempotency-Key": f"{self.path} {number}",
        }
        return await self.http.post(at.url + self.path, json={}, headers=headers)


@pytest.mark.prove
@pytest.mark.timeout(300)
async def test_an_api_process_is_killed_in_a_rush_and_everybody_has_one_place(
    tmp_path: Path,
) -> None:
    with installed(tmp_path / "data") as main:
        async with (
            town(main, PEOPLE) as (runtime, gym, tokens),
            httpx.AsyncClient(timeout=30) as http,
        ):
            timetable = Timetable(runtime, gym)
            await timetable.fill()
            classes = await timetable.add(2, places=PLACES)
            # With the first answer the next batch is under way; with the second, it is answered.
            for class_id, answers in zip(classes, (1, 2), strict=True):
                with another_process(main, runtime.settings, roles="api") as dying:
                    path = f"/api/v1/classes/{class_id}/book"
                    rush = Rush(http, path, tokens, dying, main, answers)
                    given = await rush.take_place()
                    assert dying.process is not None
                    assert dying.process.poll() is not None
                assert answers <= len(rush.heard) < PEOPLE

                found_ = await rows(runtime, BOOKINGS, id=class_id)
                assert {each[1] for each in found_} == {each.person_id for each in gym.people}
                assert [each[3] for each in found_] == list(range(1, PEOPLE + 1))
                states = [each[2] for each in found_]
                assert states == ["booked"] * PLACES + ["waiting"] * (PEOPLE - PLACES)
                counts = await rows(runtime, COUNTS, id=class_id)
                assert counts == [(PLACES, PEOPLE - PLACES)]
                # What was heard before the end is what is heard now, of everybody.
                told_again = await asyncio.gather(*map(rush.again, range(PEOPLE)))
                assert dict(enumerate(told_again)) == given

        await asyncio.to_thread(settle, main.database_url, seconds=60)
        assert told(main.database_url, {"set aside": UNDER_WAY["set aside"]}) == {}
        doctor = await asyncio.to_thread(main.command, "doctor")
        assert doctor.returncode == 0, doctor.stdout
