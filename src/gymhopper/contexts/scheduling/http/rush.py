"""Bookings in company: whoever asks for a place in the same class at the same time is answered with
the others, in one transaction.

It stands in front of the framework and answers `POST /classes/{class_id}/book` as the route there
would: the same body, the same rules, the same answers. When the bookings of a class that everybody
wants open, a hundred requests cost little more than one.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.gathering import Gathering
from gymhopper.chassis.http.caller import recognise
from gymhopper.chassis.http.idempotent import fingerprint, given_key, slot_of, whole_body
from gymhopper.chassis.idempotency.answers import Answer, Slot, claim_many, keep_many
from gymhopper.chassis.origin import calls
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.http.book_requests import BookRequest
from gymhopper.contexts.scheduling.http.booking_answers import Booking
from gymhopper.contexts.scheduling.settings import SchedulingSettings
from gymhopper.contexts.scheduling.usecases.book_class import asked
from gymhopper.contexts.scheduling.usecases.standings import standings_at
from gymhopper.contexts.scheduling.usecases.take_places import Ask, Given, take_places

AT_ONCE = 64
"""So many share a transaction: more would keep the process from answering others meanwhile."""

_TEMPLATE = "/api/v1/classes/{class_id}/book"
_PATH = re.compile(r"/api/v1/classes/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})/book")
_JSON = re.compile(r"application/(?:[^/;\s]+\+)?json\s*(?:;|$)", re.IGNORECASE)
_BODY = ("body",)
_HEADERS = ((b"content-type", b"application/json"),)


@dataclass(frozen=True, slots=True)
class Asking:
    """A request: what is asked for, and where its answer is kept."""

    ask: Ask
    slot: Slot | None


class Rush:
    """Surrounds the framework's `app`."""

    def __init__(self, runtime: Runtime, app: ASGIApp) -> None:
        self._runtime = runtime
        self._app = app
        self._classes: dict[UUID, Gathering[Asking, bytes]] = {}
        self._waiting = SchedulingSettings().rush_waiting
        # Never all connections: what else is asked must be answered beside a rush.
        self._transactions = asyncio.Semaphore(max(1, runtime.settings.pool_size // 3))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass it on."""
        class_id = _class_of(scope)
        if class_id is None:
            await self._app(scope, receive, send)
            return
        body = await self._answer(class_id, scope, receive)
        response = Response(body, status_code=201, media_type="application/json")
        await response(scope, receive, send)

    async def _answer(self, class_id: UUID, scope: Scope, receive: Receive) -> bytes:
        calls("book_class", _TEMPLATE)
        runtime, request = self._runtime, Request(scope, receive)
        content = await whole_body(receive)
        caller = await recognise(request, runtime, scopes=["bookings:write"], also=["booking"])
        key = given_key(scope)
        slot = None
        if key is not None:
            slot = slot_of(runtime, caller, key, fingerprint(scope, content))
        wanted = _parsed(request, content)
        ask = await asked(runtime, caller, class_id, wanted.wish(), bypass=wanted.bypass)
        return await self._together(class_id, Asking(ask, slot))

    async def _together(self, class_id: UUID, asking: Asking) -> bytes:
        gathering = self._classes.get(class_id)
        if gathering is None:

            async def work(several: Sequence[Asking]) -> Sequence[bytes | Exception]:
                async with self._transactions:
                    return await self._book(class_id, several)

            gathering = Gathering(work, at_once=AT_ONCE, waiting=self._waiting)
            self._classes[class_id] = gathering
        try:
            return await gathering.ask(asking)
        finally:
            if gathering.idle and self._classes.get(class_id) is gathering:
                del self._classes[class_id]

    async def _book(self, class_id: UUID, several: Sequence[Asking]) -> list[bytes | Exception]:
        """The bodies of the answers: kept with their bookings for those who sent a key."""
        people = {each.ask.wish.person_id for each in several}
        standings = await standings_at(self._runtime, class_id, people)
        answers: dict[int, bytes | Exception] = {}
        async with self._runtime.begin(SERVICE) as uow:
            keyed = [(nth, each.slot) for nth, each in enumerate(several) if each.slot is not None]
            claimed = await claim_many(uow.connection, [slot for _, slot in keyed], uow.now)
            for (nth, _), refused in zip(keyed, claimed, strict=True):
                if refused is not None:
                    answers[nth] = refused
            new = [nth for nth in range(len(several)) if nth not in answers]
            given = await take_places(uow, class_id, [several[n].ask for n in new], standings)
            for nth, each in zip(new, given, strict=True):
                answers[nth] = _body(each) if isinstance(each, Given) else each
            kept = [
                (slot, Answer(201, _HEADERS, answer))
                for nth, slot in keyed
                if isinstance(answer := answers[nth], bytes)
            ]
            await keep_many(uow.connection, kept, uow.now)
        return [answers[nth] for nth in range(len(several))]


def _class_of(scope: Scope) -> UUID | None:
    """The class that is to be booked for good; None for every other request."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    found = _PATH.fullmatch(scope["path"])
    if found is None or any(name == b"dry-run" for name, _ in scope["headers"]):
        return None
    return UUID(found[1])


def _parsed(request: Request, content: bytes) -> BookRequest:
    """The body. Raises what the framework would, which reads JSON by the standard library."""
    if not content:
        raise RequestValidationError([{"type": "missing", "loc": _BODY, "msg": "Field required"}])
    if not _JSON.match(request.headers.get("content-type", "")):
        raise HTTPException(415, "The body must be application/json.")
    try:
        given = json.loads(content)
    except json.JSONDecodeError as error:
        wrong = {"type": "json_invalid", "loc": _BODY, "msg": error.msg}
        raise RequestValidationError([wrong]) from error
    except (ValueError, RecursionError) as error:  # no text, a number or a depth without end
        raise HTTPException(400, "There was an error parsing the body") from error
    try:
        return BookRequest.model_validate(given, from_attributes=True)
    except ValidationError as error:
        found = [
            {**each, "loc": (*_BODY, *each["loc"])}
            for each in error.errors(include_url=False, include_context=False)
        ]
        raise RequestValidationError(found) from error


def _body(given: Given) -> bytes:
    answer = Booking.given(given.booking, given.scene.state, given.position)
    return answer.model_dump_json().encode()
