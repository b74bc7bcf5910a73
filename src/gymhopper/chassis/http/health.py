"""Whether the process lives and can serve: for those who run it, below no version of the API."""

from collections.abc import Callable, Mapping
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether it can serve, and what keeps it, by component."""

    status: Literal["ok", "not ready"]
    troubles: dict[str, str]


def health(troubles: Callable[[], Mapping[str, str]]) -> APIRouter:
    """The two routes; `troubles` says what is not ready."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Whether the process lives")
    async def get_health() -> Health:
        """It answers, so it does."""
        return Health()

    @router.get(
        "/readyz",
        summary="Whether the process can serve",
        responses={503: {"model": Readiness, "description": "It cannot serve now."}},
    )
    async def get_readiness(response: Response) -> Readiness:
        """With 503, when something that it needs is not there."""
        found = troubles()
        if found:
            response.status_code = 503
        return Readiness(status="not ready" if found else "ok", troubles=dict(found))

    return router
