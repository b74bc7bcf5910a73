"""End a key for good."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.api_key import ApiKey
from gymhopper.kernel.errors import NotFound


async def revoke_api_key(uow: UnitOfWork, key_id: UUID) -> None:
    """Revoke the key; NotFound when the caller sees none of this id.

    Processes that recognised it a moment ago go on doing so for five seconds at most.
    """
    key = await uow.session.get(ApiKey, key_id, with_for_update=True, populate_existing=True)
    if key is None:
        raise NotFound("There is no API key with this id.")
    key.revoke(uow.now)
