"""Members of other gyms who were here."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, Paged
from gymhopper.contexts.membership.queries.visitors import network_visitors

router = APIRouter(tags=["members"])


class VisitorView(BaseModel):
    """A visitor. `visitor_id` is what this organisation's visits call them; it means nothing
    elsewhere."""

    visitor_id: UUID
    first_name: str
    first_visit_at: datetime
    last_visit_at: datetime


class VisitorPage(Page[VisitorView]):
    """Visitors, the latest first."""


@router.get("/network-visitors", summary="List members of other gyms who were here")
async def list_network_visitors(
    page: Paged, runtime: CurrentRuntime, caller: AuthSubject = scoped("members:read")
) -> VisitorPage:
    """For a time after their last visit. Which gym is theirs is not for the venue to know."""
    async with runtime.read(caller) as connection:
        found = await network_visitors(
            connection,
            runtime.clock.now(),
            after=page.after(tuple[datetime, UUID]),
            limit=page.fetch,
        )
    shown, next_cursor = page.cut(found, lambda each: each.place)
    return VisitorPage(
        items=[
            VisitorView(
                visitor_id=each.visitor_id,
                first_name=each.first_name,
                first_visit_at=each.since,
                last_visit_at=each.last,
            )
            for each in shown
        ],
        next_cursor=next_cursor,
    )
