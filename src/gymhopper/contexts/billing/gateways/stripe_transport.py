"""How the SDK's requests travel."""

from typing import Any

import httpx
import stripe


class Transport(stripe.HTTPXClient):
    """The SDK's own transport with two things mended.

    It hands bodies over in a way that httpx has deprecated; here they go as content. And `direct`
    leaves proxies of the environment aside: the sandbox answers on this machine.
    """

    def __init__(self, *, timeout: float, direct: bool) -> None:
        super().__init__(timeout=timeout)
        if direct:
            self._client_async = httpx.AsyncClient(trust_env=False)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client_async.aclose()

    def _get_request_args_kwargs(
        self, method: str, url: str, headers: Any, post_data: Any
    ) -> list[Any]:
        arguments, options = super()._get_request_args_kwargs(method, url, headers, post_data)
        options["content"] = options.pop("data") or None
        return [arguments, options]
