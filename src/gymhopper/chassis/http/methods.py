"""Which methods a path has: what has no such method is answered with 405, and with all of them in
`Allow` (RFC 9110, section 15.5.6).

The framework asks its routes one after the other: it would tell the methods of the first that fits,
and let `/members/{member_id}` answer for `/members/register`. A path without parameters goes before
a template, as OpenAPI has it.
"""

import re
from collections.abc import Iterable, Set

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHOD_NOT_ALLOWED = 405


class KnownMethods:
    """Surrounds `app`, which answers `routes`: each a path and its methods. Other paths are left to
    the app alone."""

    def __init__(self, app: ASGIApp, *, routes: Iterable[tuple[str, Set[str]]]) -> None:
        self._app = app
        self._concrete: dict[str, set[str]] = {}
        templates: dict[str, set[str]] = {}
        for path, methods in routes:
            found = templates if "{" in path else self._concrete
            found.setdefault(path, set()).update(methods)
        self._templates: list[tuple[re.Pattern[str], set[str]]] = [
            (compile_path(path)[0], methods) for path, methods in templates.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        concrete = self._concrete.get(scope["path"])
        if concrete is not None and scope["method"] not in concrete:
            raise HTTPException(METHOD_NOT_ALLOWED, headers={"Allow": _listed(concrete)})

        async def completed(message: Message) -> None:
            if message.get("status") == METHOD_NOT_ALLOWED:
                methods = self._of(scope["path"])
                if methods:
                    MutableHeaders(scope=message)["Allow"] = _listed(methods)
            await send(message)

        await self._app(scope, receive, completed)

    def _of(self, path: str) -> Set[str]:
        fitting = (methods for form, methods in self._templates if form.match(path))
        return next(fitting, frozenset())


def _listed(methods: Set[str]) -> str:
    """HEAD is answered wherever GET is."""
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
