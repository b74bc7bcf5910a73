"""Who asks for what."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from bench.booking.rush import Ask, Plan, Reading


@dataclass(frozen=True, slots=True)
class Crowd:
    """Members by their tokens, and the connections over which they ask."""

    ports: list[int]
    tokens: list[str]
    connections: int

    def plan(
        self,
        paths: Sequence[str],
        *,
        reading: Reading | None = None,
        cancelling: float = 0,
        asking: int | None = None,
    ) -> Plan:
        """Each, or only so many, asks for one of these; `cancelling` is the part of them who take
        themselves off again within half a second."""
        dice = Random(len(paths))
        asks = [
            Ask(
                path=paths[number % len(paths)],
                token=token,
                key=secrets.token_hex(8),
                cancels=dice.uniform(0.05, 0.5) if dice.random() < cancelling else None,
            )
            for number, token in enumerate(self.tokens[:asking])
        ]
        dice.shuffle(asks)
        return Plan(self.ports, self.connections, asks, reading)
