"""Asks the counters, with the limits that are set, and goes on when they cannot be asked."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from redis.exceptions import RedisError

from gymhopper.chassis.limits.counters import OwnCounters, SharedCounters
from gymhopper.chassis.limits.rate import Rate, Taken
from gymhopper.chassis.logging import get_logger

log = get_logger(__name__)

MINUTE = 60

STRICT = frozenset({"sign_in"})
"""Classes that are counted in the process while Valkey is away, instead of not at all: there,
an attempt too many is worth more than an answer too few."""

_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a request took of one class."""

    name: str
    rate: Rate
    taken: Taken


class Limiter:
    """Counts the requests of each caller in each class of routes.

    `quotas` are requests a minute by the name of the class, 0 for no limit. Valkey sees keyed
    hashes of callers and addresses only, so installations that share one do not meet.
    """

    def __init__(
        self,
        quotas: Mapping[str, int],
        *,
        valkey_url: str | None,
        key: bytes,
        now: Callable[[], datetime],
    ) -> None:
        self._rates = {name: Rate(quota, MINUTE) for name, quota in quotas.items() if quota > 0}
        self._known = frozenset(quotas)
        self._shared = None if valkey_url is None else SharedCounters(valkey_url)
        self._own = OwnCounters()
        self._key = key
        self._now = now
        self._pause_until = 0.0

    async def take(self, name: str, who: str, *, factor: int = 1) -> Spent | None:
        """Count one request of `who` in the class, whose quota is `factor` times the usual.

        None when the class has no limit, or nobody can count.
        """
        if name not in self._known:
            raise LookupError(f"there is no class of limits with the name {name}")
        rate = self._rates.get(name)
        if rate is None:
            return None
        if factor != 1:
            rate = Rate(rate.quota * factor, rate.window)
        now = int(self._now().timestamp() * 1000)
        key = "limit:" + self._hashed(f"{name}\0{who}")
        found = await self._ask(key, rate, now)
        if found is None and (name in STRICT or self._shared is None):
            found = await self._own.take(key, rate, now)
        return None if found is None else Spent(name, rate, found)

    async def _ask(self, key: str, rate: Rate, now: int) -> Taken | None:
        """What Valkey says; None while it is away. After a failure it is left alone for a second,
        so that not every request waits for it."""
        if self._shared is None or asyncio.get_running_loop().time() < self._pause_until:
            return None
        try:
            found = await self._shared.take(key, rate, now)
        except (RedisError, OSError) as error:
            if self._pause_until == 0.0:
                log.warning("limits_away", error=type(error).__name__)
            self._pause_until = asyncio.get_running_loop().time() + _PAUSE
            return None
        if self._pause_until:
            self._pause_until = 0.0
            log.info("limits_back")
        return found

    def _hashed(self, text: str) -> str:
        return blake2b(text.encode(), key=self._key, digest_size=12).hexdigest()

    async def close(self) -> None:
        """Close the connections to Valkey."""
        if self._shared is not None:
            await self._shared.close()
