"""Load an endpoint and hold it."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.domain.endpoint import Endpoint
from gymhopper.kernel.errors import NotFound


async def held(uow: UnitOfWork, endpoint_id: UUID) -> Endpoint:
    """The endpoint, whose row is ours until the end; NotFound when the caller sees none."""
    endpoint = await uow.session.get(
        Endpoint, endpoint_id, with_for_update=True, populate_existing=True
    )
    if endpoint is None:
        raise NotFound("There is no webhook endpoint with this id.")
    return endpoint
