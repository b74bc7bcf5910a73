"""Sends signed webhooks to a server and says how it answered.

    python -m bench.payments.sending PORT PATH SECRET SUBSCRIPTIONS SECONDS [RATE]

Sixteen connections send one after another as fast as they are answered, or at RATE a second in all.
Each event is a new one, of a subscription that exists. At a rate, the wait counts from when the
event should have been sent: what a slow answer holds up waits, too.
"""

import asyncio
import hmac
import json
import random
import sys
import time

import uvloop

SENDERS = 16
HEAD = (
    "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    "stripe-signature: t={at},v1={signature}\r\ncontent-length: {length}\r\n\r\n"
)


def request(path: str, secret: bytes, number: int, subscription: int, now: int) -> bytes:
    """An event of about the size of a real one: what it says beside ids is not read."""
    body = json.dumps(
        {
            "id": f"evt_bench_{number:016x}",
            "object": "event",
            "api_version": "2026-08-26.dahlia",
            "created": now,
            "type": "customer.subscription.updated",
            "data": {
                "object": {
                    "id": f"sub_bench_{subscription}",
                    "object": "subscription",
                    "customer": f"cus_bench_{subscription}",
                    "description": "x" * 2500,
                }
            },
        }
    ).encode()
    signature = hmac.digest(secret, b"%d." % now + body, "sha256").hex()
    head = HEAD.format(path=path, at=now, signature=signature, length=len(body))
    return head.encode() + body


class Sender:
    """One connection."""

    def __init__(self, port: int, path: str, secret: str, subscriptions: int) -> None:
        self._port, self._path = port, path
        self._secret, self._subscriptions = secret.encode(), subscriptions
        self.waits: list[float] = []

    async def send(self, until: float, pause: float | None) -> None:
        """One event after another until then."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        due = time.perf_counter() + random.random() * (pause or 0)
        while due < until:
            if pause is not None:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            number, subscription = random.getrandbits(62), random.randrange(self._subscriptions) + 1
            writer.write(request(self._path, self._secret, number, subscription, int(time.time())))
            began = due if pause is not None else time.perf_counter()
            await _answered(reader)
            now = time.perf_counter()
            self.waits.append(now - began)
            due = due + pause if pause is not None else now
        writer.close()


async def _answered(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 202 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(head.decode())
    length = next(
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    )
    await reader.readexactly(length)


async def main(
    port: str, path: str, secret: str, subscriptions: str, seconds: str, rate: str | None = None
) -> None:
    """Send, and print one JSON object."""
    pause = None if rate is None else SENDERS / float(rate)
    senders = [Sender(int(port), path, secret, int(subscriptions)) for _ in range(SENDERS)]
    began = time.perf_counter()
    until = began + float(seconds)
    await asyncio.gather(*(each.send(until, pause) for each in senders))
    took = time.perf_counter() - began
    waits = sorted(wait for each in senders for wait in each.waits)
    print(
        json.dumps(
            {
                "rps": round(len(waits) / took, 1),
                "p50_ms": round(waits[len(waits) // 2] * 1000, 2),
                "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 2),
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
