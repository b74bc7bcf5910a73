"""Entity tags (RFC 9110, section 8.8.3): which version of a thing an answer shows.

A route about one thing that can be edited says `set_etag(response, thing.version)` in every answer
that shows it whole, where `response: Response` is a parameter of the route; readers who send
`If-None-Match` then get 304 by themselves. A route that changes it takes `expected: IfMatch` and
hands that to its use case, which asks `expected.require(thing)` under the row's lock:

    async def change_door(door_id, body, response: Response, expected: IfMatch, ...):
        async with here.begin(caller) as uow:
            door = await furnish_location.change_door(uow, door_id, change, expected)
        set_etag(response, door.version)

The version must grow with every change that the answer shows.
"""

import re
from typing import Annotated

from fastapi import Depends, Header
from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.kernel.errors import InvalidInput

_TAGS = re.compile(r'\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*(?:,\s*(?:W/)?"[^"\x00-\x20\x7f]*"\s*)*')
_OURS = re.compile(r'(?<!W/)"([0-9]{1,18})"')


def set_etag(response: Response, version: int) -> None:
    """Tell which version the answer shows."""
    response.headers["ETag"] = f'"{version}"'


async def _expected(
    if_match: Annotated[
        str | None,
        Header(
            max_length=1000,
            description="The `ETag` of what was read: the change is refused with 412 when it was"
            " changed since.",
        ),
    ] = None,
) -> Expected:
    if if_match is None or if_match.strip() == "*":
        return ANY
    if not _TAGS.fullmatch(if_match):
        raise InvalidInput("An entity tag stands in double quotes.", field="If-Match")
    return Expected(frozenset(int(each) for each in _OURS.findall(if_match)))


IfMatch = Annotated[Expected, Depends(_expected)]


def still_fresh(known: str | None, headers: MutableHeaders) -> bool:
    """Whether an answer with these headers is one that the reader has: `If-None-Match: known`."""
    tag = headers.get("etag")
    if known is None or tag is None:
        return False
    return known.strip() == "*" or tag in {
        each.strip().removeprefix("W/") for each in known.split(",")
    }
