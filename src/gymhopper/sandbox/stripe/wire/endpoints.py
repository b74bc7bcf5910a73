"""The table of endpoints: method, path, parameters, and the function that does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Page, Store
from gymhopper.sandbox.stripe.wire.parameters import Nested, Paging, Parameters

P = TypeVar("P", bound=Nested)
Path = ParamSpec("Path")


@dataclass(frozen=True, slots=True)
class Call:
    """What an endpoint's function works with, besides its parameters and ids."""

    store: Store
    recovery: Recovery
    base_url: str


Handler = Callable[..., Awaitable[Object]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`handler(call, parameters, **path ids)`; what is not GET changes something."""

    method: str
    path: str
    parameters: type[Nested]
    handler: Handler


class Endpoints:
    """The endpoints of one family of resources."""

    def __init__(self) -> None:
        self.all: list[Endpoint] = []

    def on(
        self, method: str, path: str, parameters: type[P]
    ) -> Callable[
        [Callable[Concatenate[Call, P, Path], Awaitable[Object]]],
        Callable[Concatenate[Call, P, Path], Awaitable[Object]],
    ]:
        """Register `async def do(call, parameters, **ids)` for a method and path."""

        def register(
            handler: Callable[Concatenate[Call, P, Path], Awaitable[Object]],
        ) -> Callable[Concatenate[Call, P, Path], Awaitable[Object]]:
            self.all.append(Endpoint(method, path, parameters, handler))
            return handler

        return register

    def retrieving(self, path: str, kind: str) -> None:
        """Register the retrieval of one object by its id."""

        async def retrieve(call: Call, parameters: Parameters, *, key: str) -> Object:
            del parameters
            return await call.store.get(kind, key, param="id")

        self.all.append(Endpoint("GET", f"{path}/{{key}}", Parameters, retrieve))

    def listing(self, path: str, kind: str, parameters: type[Paging]) -> None:
        """Register a list; the parameters' `filters` are those of the store."""

        async def list_them(call: Call, given: Paging) -> Object:
            page: Page = await call.store.page(
                kind,
                given.filters(),
                limit=given.limit,
                starting_after=given.starting_after,
                ending_before=given.ending_before,
            )
            return {"object": "list", "data": page.data, "has_more": page.has_more, "url": path}

        self.all.append(Endpoint("GET", path, parameters, list_them))
