"""Readers at doors: they sign in, scan what people hold to them, and show what they were told."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

import httpx

from gymhopper.contexts.access.domain.codes import explain
from gymhopper.kernel.clock import Clock
from gymhopper.sandbox.demo.client import PREFIX, Json, Platform, Reader, UnexpectedAnswer, until
from gymhopper.sandbox.demo.connection import Connection
from gymhopper.sandbox.demo.crowd import Crowd, Presentation, Scene
from gymhopper.sandbox.demo.keeping import FoundedDoor, Keyring
from gymhopper.sandbox.demo.network import Venue

CHECK_IN = f"{PREFIX}/access/checkin"

RENEW_AFTER = timedelta(minutes=30)
"""A session lasts an hour."""

SLOWEST, FASTEST = 3.0, 8.0
"""Scans a second, between which the crowd swells and thins."""

SWELL = 90.0
"""Seconds from one swell to the next."""

BETWEEN_SCANS_OF_ONE = 0.4
"""Seconds after which the same person holds the same thing up again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as somebody who stands beside the door sees it, and how long it took."""

    at: datetime
    venue: Venue
    door: str
    who: str
    decision: str
    code: str
    notices: tuple[str, ...]
    sentence: str
    milliseconds: float
    new_visit: bool = False

    @property
    def answers(self) -> tuple[str, ...]:
        """The code and the notices."""
        return (self.code, *self.notices)


class Doors:
    """All doors of a network, each with its reader."""

    def __init__(
        self, platform: Platform, doors: Sequence[FoundedDoor], keyring: Keyring, clock: Clock
    ) -> None:
        self._clock = clock
        self._connection = Connection(platform.url)
        self._readers = {
            (each.venue, each.name): Reader(
                platform,
                str(each.door_id),
                device_id=str(each.device_id),
                key=keyring.reader_key(each.venue, each.name),
            )
            for each in doors
        }
        self._renew_at: dict[Reader, datetime] = {}

    async def sign_in(self) -> None:
        """Open a session for every reader, as soon as the cell knows them."""

        async def all_of_them() -> str | None:
            try:
                for reader in self._readers.values():
                    if reader not in self._renew_at:
                        await self._sign_in(reader)
            except UnexpectedAnswer as error:
                return error.detail
            return None

        await until(all_of_them, lambda trouble: trouble is None, what="the readers sign in")

    async def present(self, what: Presentation) -> Seen:
        """Hold something to a door. A platform that does not answer is an answer, too."""
        reader = self._readers[what.venue.name, what.door]
        try:
            if self._clock.now() >= self._renew_at[reader]:
                await self._sign_in(reader)
            answer, took = await self._scan(reader, what.value)
        except (UnexpectedAnswer, httpx.HTTPError, OSError):
            self._renew_at[reader] = self._clock.now()
            return self._unanswered(what)
        return Seen(
            at=self._clock.now(),
            venue=what.venue,
            door=what.door,
            who=what.who,
            decision=answer["decision"],
            code=answer["code"],
            notices=tuple(answer["notices"]),
            sentence=_sentence(answer),
            milliseconds=took,
            new_visit=answer["visit_id"] is not None
            and answer["visit_id"] == answer["decision_id"]
            and "DUPLICATE_SCAN" not in answer["notices"],
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def _scan(self, reader: Reader, value: str) -> tuple[Json, float]:
        request = {
            "request_id": str(uuid4()),
            "credential": {"type": "pass", "value": value},
            "door_id": reader.door_id,
        }
        body = json.dumps(request).encode()
        began = time.perf_counter()
        status, raw = await self._connection.post(CHECK_IN, body, reader.session)
        took = (time.perf_counter() - began) * 1000
        answer: Json = json.loads(raw)
        if status != httpx.codes.OK:
            raise UnexpectedAnswer(f"the check-in was answered with {status} {answer}")
        return answer, took

    async def _sign_in(self, reader: Reader) -> None:
        await reader.sign_in()
        self._renew_at[reader] = self._clock.now() + RENEW_AFTER

    def _unanswered(self, what: Presentation) -> Seen:
        return Seen(
            at=self._clock.now(),
            venue=what.venue,
            door=what.door,
            who=what.who,
            decision="none",
            code="SYSTEM_ERROR",
            notices=(),
            sentence=explain("SYSTEM_ERROR").sentence,
            milliseconds=0.0,
        )


class Rush:
    """The crowd at the doors, as long as it is let."""

    def __init__(self, doors: Doors, crowd: Crowd, chance: Random) -> None:
        self._doors = doors
        self._crowd = crowd
        self._chance = chance

    async def run(self, show: Callable[[Seen], None]) -> None:
        """Send people to doors for ever, and show every answer."""
        began = time.monotonic()
        while True:
            async for seen in self.play(self._crowd.next_scene(), BETWEEN_SCANS_OF_ONE):
                show(seen)
            await asyncio.sleep(self._chance.expovariate(_rate(time.monotonic() - began)))

    async def play(self, scene: Scene, pause: float = 0) -> AsyncIterator[Seen]:
        """Play a scene to its end, or until somebody is refused."""
        for number, what in enumerate(scene.stage()):
            if number:
                await asyncio.sleep(pause)
            seen = await self._doors.present(what)
            if what.ref is not None and seen.decision == "deny":
                self._crowd.turn_away(what.ref)
            yield seen
            if seen.decision != "allow":
                return


def _rate(seconds: float) -> float:
    """Scans a second at a time after the beginning."""
    swell = (1 + math.sin(2 * math.pi * seconds / SWELL)) / 2
    return SLOWEST + (FASTEST - SLOWEST) * swell


def _sentence(answer: Json) -> str:
    """What staff read: the reason as it is, or what is to be said beside an admission."""
    notices = [explain(each).sentence for each in answer["notices"]]
    code = explain(answer["code"])
    return " ".join(notices) or (code.sentence if code.delicate else answer["message"])
