"""The load client, against a server that says what it is told to."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from bench.booking.rush import Ask, Plan, Reading, Run, Rush
from bench.booking.wire import Answer, Line

Reply = Callable[[str, str], tuple[int, str, str] | None]
"""By the request line and the token: status, further fields and body, or None to hang up."""

BOOKED = (201, "", '{"id":"7","status":"booked","number":1,"position":null}')
BOOK = "/api/v1/classes/1/book"


def answer(status: int, more: str, said: str) -> bytes:
    head = f"HTTP/1.1 {status} X\r\n{more}Content-Length: {len(said)}\r\n\r\n"
    return (head + said).encode()


class Server:
    """Answers as it is told."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.asked: list[tuple[str, str, bytes]] = []
        self.connections = 0
        self.port = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Server"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                line = head.split(" HTTP/1.1", 1)[0]
                token = fields["authorization"].removeprefix("Bearer ")
                self.asked.append((line, fields.get("idempotency-key", ""), body))
                reply = self._reply(line, token)
                if reply is None:
                    break
                status, more, said = reply
                writer.write(answer(status, more, said))
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass  # the client has hung up
        finally:
            writer.close()

    def asked_for(self, method: str) -> list[tuple[str, str, bytes]]:
        return [each for each in self.asked if each[0].startswith(method)]


def asks(count: int, **more: float) -> list[Ask]:
    return [Ask(BOOK, f"t{number}", f"k{number}", **more) for number in range(count)]


async def rush(server: Server, *asking: Ask, reading: Reading | None = None) -> Run:
    return await Rush(Plan([server.port], 3, list(asking), reading)).run()


async def test_everybody_asks_once_over_the_given_connections_and_a_sample_again() -> None:
    async with Server(lambda *_: BOOKED).serving() as server:
        run = await rush(server, *asks(20))
    assert sorted(each.ask for each in run.outcomes) == list(range(20))
    assert {(each.status, each.body, each.asked) for each in run.outcomes} == {(201, BOOKED[2], 1)}
    assert all(each.asked_at < each.answered_at for each in run.outcomes)
    assert server.connections == 3 + 1
    assert (run.repeated, run.repeated_differently) == (20, 0)
    first, again = server.asked[:20], server.asked[20:]
    assert sorted(first) == sorted(again)
    assert set(first) == {(f"POST {BOOK}", f"k{number}", b"{}") for number in range(20)}


async def test_an_answer_that_is_another_one_when_it_is_repeated_is_counted() -> None:
    answers = iter(range(100))
    async with Server(lambda *_: (201, "", f'{{"id":"{next(answers)}"}}')).serving() as server:
        run = await rush(server, *asks(5))
    assert run.repeated_differently == 5


async def test_who_is_told_to_come_again_does_and_its_clock_runs_on() -> None:
    busy = {"t0": (429, "Retry-After: 0\r\n", "{}"), "t1": (503, "retry-after: 0\r\n", "{}")}
    first: dict[str, float] = {}

    def reply(_: str, token: str) -> tuple[int, str, str]:
        first.setdefault(token, time.perf_counter())
        return busy.pop(token, BOOKED)

    async with Server(reply).serving() as server:
        run = await rush(server, *asks(3))
    assert sorted((each.ask, each.asked, each.status) for each in run.outcomes) == [
        (0, 2, 201),
        (1, 2, 201),
        (2, 1, 201),
    ]
    assert all(each.asked_at < first[f"t{each.ask}"] for each in run.outcomes)


async def test_an_overload_that_does_not_say_when_to_come_again_is_the_end() -> None:
    async with Server(lambda *_: (503, "", "{}")).serving() as server:
        run = await rush(server, *asks(1))
    assert [(each.status, each.asked) for each in run.outcomes] == [(503, 1)]


async def test_a_lost_connection_is_told_and_the_others_go_on() -> None:
    def reply(_: str, token: str) -> tuple[int, str, str] | None:
        return None if token == "t0" else BOOKED

    async with Server(reply).serving() as server:
        run = await rush(server, *asks(9))
    assert sorted((each.trouble, each.status) for each in run.outcomes) == [
        *[("", 201)] * 8,
        ("connection lost", 0),
    ]


async def test_a_booking_is_cancelled_by_whoever_will_not_keep_it() -> None:
    def reply(line: str, _: str) -> tuple[int, str, str]:
        return (200, "", "{}") if line.endswith("/cancel") else BOOKED

    async with Server(reply).serving() as server:
        run = await rush(server, *asks(1, cancels=0.0), Ask(BOOK, "t1", "k1"))
    assert sorted((each.kind, each.ask, each.status) for each in run.outcomes) == [
        ("book", 0, 201),
        ("book", 1, 201),
        ("cancel", 0, 200),
    ]
    assert ("POST /api/v1/bookings/7/cancel", "k0-cancel", b"{}") in server.asked


async def test_the_timetable_is_read_beside_it_and_a_failed_read_is_told() -> None:
    def reply(line: str, token: str) -> tuple[int, str, str]:
        if line.startswith("GET"):
            return (200, "", "[]") if token == "r0" else (500, "", "no")
        return BOOKED

    reading = Reading("/api/v1/classes?x=1", ["r0", "r1"], 1000.0)
    async with Server(reply).serving() as server:
        run = await rush(server, *asks(400), reading=reading)
    reads = server.asked_for("GET")
    assert {line for line, _, _ in reads} == {"GET /api/v1/classes?x=1"}
    assert len(run.timetable_ms) + len(run.unread) == len(reads)
    assert len(run.timetable_ms) - len(run.unread) in (0, 1)
    assert len(reads) >= 2
    assert all(each > 0 for each in run.timetable_ms)
    assert set(run.unread) == {"500"}


class Wire(asyncio.Transport):
    """Takes what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, _: bytes | bytearray | memoryview) -> None:
        pass

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("size", [1, 2, 7, 40, 1000])
async def test_an_answer_may_come_in_pieces_of_any_size(size: int) -> None:
    line = Line()
    line.connection_made(Wire())
    for said in ("{}", "", '{"id": 7}'):
        asked = asyncio.ensure_future(line.ask(b"GET"))
        await asyncio.sleep(0)
        data = answer(200, "Retry-After: 3\r\n", said)
        for begin in range(0, len(data), size):
            assert not asked.done()
            line.data_received(data[begin : begin + size])
        got = await asked
        assert (got.status, got.retry_after, got.body) == (200, 3, said.encode())


async def test_a_connection_that_the_server_will_close_is_not_used_again() -> None:
    line, wire = Line(), Wire()
    line.connection_made(wire)
    asked = asyncio.ensure_future(line.ask(b"GET"))
    await asyncio.sleep(0)
    line.data_received(answer(408, "Connection: close\r\n", ""))
    assert (await asked).status == 408
    assert wire.closed
    assert not line.open


def test_a_date_to_come_again_at_is_no_number_of_seconds() -> None:
    dated = b"http/1.1 503 x\r\nretry-after: fri, 31 dec 1999 23:59:59 gmt\r\n"
    assert Answer(503, dated, b"").retry_after is None
