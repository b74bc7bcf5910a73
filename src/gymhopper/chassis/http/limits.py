"""Limits of requests on routes, and the fields that tell of them.

Every route counts as `read` or `write` by its method. One that is dearer, or invites guessing, asks
for a class of its own beside that: `@router.post(..., dependencies=[limited("sign_in")])`. Callers
are counted by who they are, everybody else by their address.

The fields are those of draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651).
"""

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any

from fastapi import Depends, Request
from starlette.types import Scope

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.cookies import SAFE_METHODS
from gymhopper.chassis.limits.limiter import Limiter, Spent
from gymhopper.chassis.origin import origin
from gymhopper.kernel.errors import GymhopperError

SPENT = "gymhopper.limits.spent"
"""Where in the ASGI scope the edge keeps a list of what the request took."""

_ASKED = "gymhopper.limits.asked"
_UNCOUNTED = "gymhopper.limits.uncounted"

PLATFORM_FACTOR = 10
"""Times the usual quota, for keys that act for the whole platform: programs hold them."""


class RateLimited(GymhopperError):
    """Too many requests; `Retry-After` says when to come again."""

    code = "rate_limited"
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many requests; try again in {seconds} s.")
        self.retry_after = seconds


def limited(name: str) -> Any:
    """Count the route in the class `name`, too: a dependency in the route's decorator."""

    async def ask(request: Request) -> None:
        request.scope.setdefault(_ASKED, []).append(name)

    return Depends(ask)


def uncounted() -> Any:
    """Do not count the route at all: a dependency in the decorator of one that is called by few
    machines for everybody, and that itself checks at once who calls."""

    async def ask(request: Request) -> None:
        request.scope[_UNCOUNTED] = True

    return Depends(ask)


async def spend_as(
    request: Request, limiter: Limiter, subject: AuthSubject, also: Sequence[str] = ()
) -> None:
    """Count an authenticated request, in the further classes `also`, too. Raises RateLimited when
    it is one too many."""
    program = subject.everywhere and subject.session_id is None
    factor = PLATFORM_FACTOR if program else 1
    await _spend(request, limiter, subject.actor, factor, also)


async def spend_also(request: Request, subject: AuthSubject, name: str) -> None:
    """Count a request in a further class, once its body has told that it is of that kind. Raises
    RateLimited when it is one too many."""
    spent = await request.app.state.runtime.limiter.take(name, subject.actor)
    if spent is not None:
        request.scope[SPENT].append(spent)
        if not spent.taken.allowed:
            raise RateLimited(ceil(spent.taken.retry_after / 1000))


async def spend_anonymously(request: Request, limiter: Limiter, also: Sequence[str] = ()) -> None:
    """Count the request of somebody unknown. Raises RateLimited when it is one too many."""
    await _spend(request, limiter, _by_address(), 1, also)


async def _spend(
    request: Request, limiter: Limiter, who: str, factor: int, also: Sequence[str]
) -> None:
    if _UNCOUNTED in request.scope:
        return
    for name in (usual_class(request.method), *request.scope.get(_ASKED, ()), *also):
        spent = await limiter.take(name, who, factor=factor)
        if spent is None:
            continue
        request.scope[SPENT].append(spent)
        if not spent.taken.allowed:
            raise RateLimited(ceil(spent.taken.retry_after / 1000))


def usual_class(method: str) -> str:
    """The class of a route that asks for no other."""
    return "read" if method in SAFE_METHODS else "write"


def _by_address() -> str:
    """The client by its address: in IPv6 by its network, of which a household has a whole one."""
    address = origin().address
    if address is None:
        return "nowhere"
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return f"address:{int(parsed) >> 64:x}/64"
    return f"address:{parsed}"


def fields(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The header fields that tell what the request took."""
    found: list[Spent] = scope.get(SPENT, [])
    if not found:
        return []
    policy = ", ".join(f'"{each.name}";q={each.rate.quota};w={each.rate.window}' for each in found)
    left = ", ".join(
        f'"{each.name}";r={each.taken.remaining};t={ceil(each.taken.reset / 1000)}'
        for each in found
    )
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]
