"""Connections that go to the very address that was checked.

A name may mean another address from one look-up to the next. Here one look-up serves the check and
the connection, and TLS still verifies the name: httpcore asks for a connection to the host, gets
one to its checked address, and then does TLS with the host's name.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import httpcore

from gymhopper.contexts.integrations.domain.addresses import Address, is_public, parse
from gymhopper.contexts.integrations.domain.target import Target
from gymhopper.contexts.integrations.gateways.resolver import Resolve

CONNECT_SECONDS = 5.0


class NoPublicAddress(Exception):
    """The host has no address, or one to which nothing may be sent.

    Which of both is not told: who asks must not learn what names mean inside our network.
    """


async def checked_addresses(
    target: Target, resolve: Resolve, *, allow_private: bool
) -> list[Address]:
    """The host's addresses, if every one of them may be sent to; else NoPublicAddress.

    One bad address among good ones spoils them all: a client that fell back to it would be caught.
    """
    texts = [target.host] if parse(target.host) else await resolve(target.host, target.port)
    found = [parse(each) for each in texts]
    addresses = [
        each for each in found if each is not None and _acceptable(each, target, allow_private)
    ]
    if not addresses or len(addresses) < len(found):
        raise NoPublicAddress
    return addresses


def _acceptable(address: Address, target: Target, allow_private: bool) -> bool:  # noqa: FBT001 - private, beside its one caller
    if not target.secure:
        return allow_private and address.is_loopback
    return allow_private or is_public(address)


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Connects to one target only, by the addresses that were checked for this connection."""

    def __init__(
        self,
        target: Target,
        resolve: Resolve,
        *,
        allow_private: bool,
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._target = target
        self._resolve = resolve
        self._allow_private = allow_private
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first checked address that takes one."""
        if (host, port) != (self._target.host, self._target.port):
            raise NoPublicAddress
        addresses = await checked_addresses(
            self._target, self._resolve, allow_private=self._allow_private
        )
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for each in addresses:
            try:
                return await self._inner.connect_tcp(
                    str(each), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or NoPublicAddress

    async def sleep(self, seconds: float) -> None:
        """Wait between tries, of which there are none."""
        await asyncio.sleep(seconds)
