"""Carries the few synchronous calls between contexts that run in different processes.

A contract is a Protocol whose methods are async, keyword-only and typed with what msgspec can
encode; that is enough to carry any of them over HTTP without code of its own.
"""

import hmac
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast, get_type_hints

import httpx
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.secrets import Secrets
from gymhopper.kernel.errors import GymhopperError, NotFound, Unauthenticated, Unavailable

P = TypeVar("P")

DEADLINE = 2.0
"""Seconds that a call between contexts may take."""

_CONTRACTS = "gymhopper.contracts."
_KEY = "internal-api"

PATH = "/internal/{contract}/{method}"

_signatures: dict[tuple[type[Any], str], tuple[type[Any], Any]] = {}


def _signature(contract: type[Any], method: str) -> tuple[type[Any], Any]:
    """A struct of the method's arguments, and the type that it returns."""
    known = _signatures.get((contract, method))
    if known is None:
        known = _signatures[contract, method] = _read_signature(contract, method)
    return known


def _read_signature(contract: type[Any], method: str) -> tuple[type[Any], Any]:
    name = contract.__name__
    function = vars(contract).get(method)
    if not inspect.iscoroutinefunction(function) or method.startswith("_"):
        raise NotFound(f"There is no {name}.{method}.")
    hints = get_type_hints(function)
    returns = hints.pop("return")
    fields: list[Any] = [
        (n, hints[n]) if each.default is each.empty else (n, hints[n], each.default)
        for n, each in inspect.signature(function).parameters.items()
        if n != "self"
    ]
    arguments = msgspec.defstruct(
        f"{name}_{method}", fields, forbid_unknown_fields=True, kw_only=True
    )
    return arguments, returns


class RemoteApi:
    """Stands where an implementation would, and passes each call on."""

    def __init__(self, contract: type[Any], send: Callable[[str, bytes], Awaitable[bytes]]) -> None:
        self._contract = contract
        self._send = send

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        arguments, returns = _signature(self._contract, method)

        async def call(**values: object) -> Any:
            answer = await self._send(method, msgspec.json.encode(arguments(**values)))
            return msgspec.json.decode(answer, type=returns)

        return call

    @classmethod
    def wired(cls, contract: type[P], implementation: P) -> P:
        """Calls an implementation of this process through the same serialisation."""

        async def send(method: str, body: bytes) -> bytes:
            return await answer_call(contract, implementation, method, body)

        return cast("P", cls(contract, send))

    @classmethod
    def to(
        cls,
        contract: type[P],
        *,
        client: httpx.AsyncClient,
        base_urls: Mapping[str, str],
        secrets: Secrets,
    ) -> P:
        """Calls the process that runs the contract's context."""
        # A context may keep several contracts, each in a package of its own below the context's.
        context = contract.__module__.removeprefix(_CONTRACTS).partition(".")[0]

        async def send(method: str, body: bytes) -> bytes:
            base = base_urls.get(context)
            if base is None:
                raise Unavailable(f"No process of the context {context} is known here.")
            url = base + PATH.format(contract=contract.__name__, method=method)
            try:
                response = await client.post(
                    url,
                    content=body,
                    timeout=DEADLINE,
                    headers={
                        "Authorization": f"Bearer {secrets.key(_KEY).hex()}",
                        "X-Correlation-Id": correlation_id(),
                    },
                )
            except httpx.TransportError as error:
                raise Unavailable(f"The context {context} cannot be reached.") from error
            if response.status_code != httpx.codes.OK:
                raise Unavailable(f"The context {context} answered {response.status_code}.")
            return response.content

        return cast("P", cls(contract, send))


async def answer_call(contract: type[Any], implementation: Any, method: str, body: bytes) -> bytes:
    """Decode the arguments, call, encode the result."""
    arguments, _ = _signature(contract, method)
    values = msgspec.json.decode(body, type=arguments)
    given = {name: getattr(values, name) for name in arguments.__struct_fields__}
    return msgspec.json.encode(await getattr(implementation, method)(**given))


def internal_route(
    contracts: Mapping[str, tuple[type[Any], Any]], secrets: Secrets
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint behind `PATH`: only those who hold one of the installation's keys may call."""

    async def endpoint(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        live = [f"Bearer {each.secret.hex()}".encode() for each in secrets.keys(_KEY)]
        if not any(hmac.compare_digest(given, each) for each in live):
            raise Unauthenticated("Internal calls need the installation's key.")
        found = contracts.get(request.path_params["contract"])
        if found is None:
            raise NotFound("No context in this process keeps that contract.")
        contract, implementation = found
        try:
            body = await answer_call(
                contract, implementation, request.path_params["method"], await request.body()
            )
        except msgspec.DecodeError as error:
            raise _BadCall(str(error)) from error
        return Response(body, media_type="application/json")

    return endpoint


class _BadCall(GymhopperError):
    code = "bad_internal_call"
    status = 422
