"""For whom a session acts now."""

from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.identity.domain.acting import NOBODY, ActingFor
from gymhopper.contexts.identity.queries.sessions import HeldSession


async def acting(connection: AsyncConnection, session: HeldSession) -> ActingFor:
    """What the session's caller is besides its account; NOBODY when it acts for nobody."""
    del connection, session
    return NOBODY
