"""Where requests are counted: for all processes in Valkey, or in this one alone.

The library `limits` was tried for this: it needs a second round trip to tell what remains, forgives
by the clock of the machine rather than that of the platform, and lets twice the quota through
around the turn of its fixed windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import redis.asyncio as redis
from redis.exceptions import NoScriptError

from gymhopper.chassis.gathering import Gathering
from gymhopper.chassis.limits.rate import Rate, Taken, taken

TIMEOUT = 0.25
"""Seconds that Valkey may take; whoever waits for it is a request."""

_KEPT = 10_000

_AT_ONCE = 100
_WAITING = 10_000

# Each of KEYS holds the instant at which nothing is used up any more. ARGV, for each of them: now,
# interval, most (milliseconds). They are taken in their order, the same one again and again if need
# be. Refused requests count for nothing, so patience is always rewarded.
_TAKE = """
local found = {}
for nth, key in ipairs(KEYS) do
    local now = tonumber(ARGV[3 * nth - 2])
    local interval, most = tonumber(ARGV[3 * nth - 1]), tonumber(ARGV[3 * nth])
    local free = math.max(tonumber(redis.call('GET', key) or 0), now)
    local after = free + interval
    if after - now > most then
        found[2 * nth - 1], found[2 * nth] = 0, free
    else
        redis.call('SET', key, after, 'PX', after - now + 1000)
        found[2 * nth - 1], found[2 * nth] = 1, after
    end
end
return found
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    key: str
    rate: Rate
    now: int


class Counters(Protocol):
    """Counts requests by key."""

    async def take(self, key: str, rate: Rate, now: int) -> Taken:
        """Count one request at `now` (milliseconds), unless the rate forbids it."""
        ...


class SharedCounters:
    """In Valkey: one small number for each caller, gone by itself. Those who ask at the same time
    share a round trip, which costs the process more than the counting."""

    def __init__(self, url: str) -> None:
        # Its commands are typed as sync and async at once; which they are is known here.
        self._client: Any = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=None
        )
        self._digest: str | None = None
        self._gathering = Gathering(self._take, at_once=_AT_ONCE, waiting=_WAITING)

    async def take(self, key: str, rate: Rate, now: int) -> Taken:
        """As `Counters` says; raises redis.RedisError when Valkey cannot be asked, and Overloaded
        when too many ask."""
        return await self._gathering.ask(_Asked(key, rate, now))

    async def _take(self, asked: Sequence[_Asked]) -> Sequence[Taken]:
        arguments: list[str | int] = [len(asked), *(each.key for each in asked)]
        for each in asked:
            arguments += each.now, each.rate.interval, each.rate.quota * each.rate.interval
        try:
            if self._digest is None:
                self._digest = await self._client.script_load(_TAKE)
            found = await self._client.execute_command("EVALSHA", self._digest, *arguments)
        except NoScriptError:
            found = await self._client.execute_command("EVAL", _TAKE, *arguments)
        return [
            taken(free_at, each.now, each.rate, allowed=bool(allowed))
            for each, allowed, free_at in zip(asked, found[::2], found[1::2], strict=True)
        ]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class OwnCounters:
    """In this process; the callers that were seen least recently are forgotten first."""

    def __init__(self) -> None:
        self._free_at: dict[str, int] = {}

    async def take(self, key: str, rate: Rate, now: int) -> Taken:
        """As `Counters` says."""
        free = max(self._free_at.pop(key, 0), now)
        after = free + rate.interval
        allowed = after - now <= rate.quota * rate.interval
        self._free_at[key] = free = after if allowed else free
        while len(self._free_at) > _KEPT:
            self._free_at.pop(next(iter(self._free_at)))
        return taken(free, now, rate, allowed=allowed)
