"""Whatever a receiver does, it costs little and is written down."""

import asyncio

import pytest

from contexts.integrations.conftest import REGISTERED, Town
from contexts.integrations.receiver import Receiver, serving
from gymhopper.contexts.integrations.gateways.resolver import SystemResolver
from gymhopper.contexts.integrations.gateways.sender import WebhookSender
from gymhopper.contexts.integrations.gateways.senders import use_sender


async def quick(town: Town, seconds: float) -> None:
    """Have the platform wait for answers no longer than this."""
    use_sender(town.runtime, WebhookSender(SystemResolver(), allow_private=True, seconds=seconds))


async def outcome(town: Town, port: int) -> dict[str, object]:
    """How the one delivery to that port ends."""
    endpoint = await town.ours.endpoint(f"http://127.0.0.1:{port}/", REGISTERED)
    await town.ours.register()
    await town.deliver()
    (logged,) = await town.ours.log(endpoint)
    (tried,) = logged["attempts"]
    assert isinstance(tried, dict)
    assert logged["status"] == ("delivered" if tried["status_code"] else "pending")
    return tried


async def test_a_silent_receiver_is_given_up_in_time(town: Town) -> None:
    await quick(town, 0.3)

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as port:
        assert (await outcome(town, port))["outcome"] == "timed_out"


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_an_answer_that_drips_is_given_up_in_time(town: Town, head: bytes) -> None:
    await quick(town, 0.5)

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(drip) as port:
        tried = await outcome(town, port)
    assert tried["outcome"] == "timed_out"
    assert 400 < int(str(tried["milliseconds"])) < 5000


async def test_of_a_huge_answer_only_the_beginning_is_read(town: Town) -> None:
    written = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"a\0" * 50_000)
            await writer.drain()
            written += 100_000

    async with serving(pour) as port:
        tried = await outcome(town, port)
    assert (tried["status_code"], tried["answer"]) == (200, "a" * 1024)
    assert written < 50_000_000


async def test_a_connection_that_breaks_is_tried_again(town: Town) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    async with serving(break_off) as port:
        assert (await outcome(town, port))["outcome"] == "no_answer"


async def test_what_is_no_http_is_tried_again(town: Town) -> None:
    async def mumble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()

    async with serving(mumble) as port:
        assert (await outcome(town, port))["outcome"] == "no_answer"


async def test_nobody_at_the_port_is_tried_again(town: Town) -> None:
    async def nothing(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        pass

    async with serving(nothing) as port:
        pass
    assert (await outcome(town, port))["outcome"] == "connection_failed"


async def test_an_answer_that_shows_our_secret_is_kept_without_it(
    town: Town, receiver: Receiver
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    receiver.status = 200
    receiver.answer = f"settings: {endpoint['secret']} \0\xff".encode()
    await town.ours.register()
    await town.deliver()
    (logged,) = await town.ours.log(endpoint)
    assert logged["attempts"][0]["answer"].startswith("settings: [secret] ")
