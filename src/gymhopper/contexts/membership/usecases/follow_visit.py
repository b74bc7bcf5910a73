"""Let a venue see a member of another gym who was there; forget it in time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.pseudonyms import pseudonym
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.settings import MembershipSettings
from gymhopper.contexts.membership.storage import tables


async def follow_visit(
    uow: UnitOfWork, *, person_id: UUID, host: UUID, home: UUID | None, at: datetime
) -> None:
    """The person was at the host's. News of visits may come in any order, and twice."""
    if home is None or home == host:
        return
    table = tables.visibility
    seen = insert(table).values(
        organisation_id=host,
        person_id=person_id,
        visitor_id=pseudonym(uow.runtime.secrets, host, person_id),
        since=at,
        last=at,
        because="visited",
    )
    await uow.connection.execute(
        seen.on_conflict_do_update(
            index_elements=[table.c.organisation_id, table.c.person_id],
            set_={
                "since": func.least(table.c.since, at),
                "last": func.greatest(table.c.last, at),
            },
        )
    )


async def forget_visitors(uow: UnitOfWork) -> None:
    """Delete what no venue sees any more."""
    gone = tables.visibility.c.last < uow.now - MembershipSettings().visible_for
    await uow.connection.execute(delete(tables.visibility).where(gone))
