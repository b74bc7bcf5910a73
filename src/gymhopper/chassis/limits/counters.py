"""Where requests are counted: for all processes in Valkey, or in this one alone.

The library `limits` was tried for this: it needs a second round trip to tell what remains, forgives
by the clock of the machine rather than that of the platform, and lets twice the quota through
around the turn of its fixed windows.
"""

from typing import Any, Protocol

import redis.asyncio as redis
from redis.exceptions import NoScriptError

from gymhopper.chassis.limits.rate import Rate, Taken, taken

TIMEOUT = 0.25
"""Seconds that Valkey may take; whoever waits for it is a request."""

_KEPT = 10_000

# KEYS[1] holds the instant at which nothing is used up any more. ARGV: now, interval, most
# (milliseconds). Refused requests count for nothing, so patience is always rewarded.
_TAKE = """
local now, interval, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local after = free + interval
if after - now > most then
    return {0, free}
end
redis.call('SET', KEYS[1], after, 'PX', after - now + 1000)
return {1, after}
"""


class Counters(Protocol):
    """Counts requests by key."""

    async def take(self, key: str, rate: Rate, now: int) -> Taken:
        """Count one request at `now` (milliseconds), unless the rate forbids it."""
        ...


class SharedCounters:
    """In Valkey: one round trip, one small number for each caller, gone by itself."""

    def __init__(self, url: str) -> None:
        # Its commands are typed as sync and async at once; which they are is known here.
        self._client: Any = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=None
        )
        self._digest: str | None = None

    async def take(self, key: str, rate: Rate, now: int) -> Taken:
        """As `Counters` says; raises redis.RedisError when Valkey cannot be asked."""
        most = rate.quota * rate.interval
        arguments = (1, key, now, rate.interval, most)
        try:
            if self._digest is None:
                self._digest = await self._client.script_load(_TAKE)
            answer = await self._client.execute_command("EVALSHA", self._digest, *arguments)
        except NoScriptError:
            answer = await self._client.execute_command("EVAL", _TAKE, *arguments)
        allowed, free_at = answer
        return taken(free_at, now, rate, allowed=bool(allowed))

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
