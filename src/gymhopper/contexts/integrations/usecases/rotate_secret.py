"""Give an endpoint a new secret, while the receiver still knows only the old one."""

from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.domain.endpoint import Endpoint
from gymhopper.contexts.integrations.domain.signature import new_secret
from gymhopper.contexts.integrations.storage.secrets import seal_secret
from gymhopper.contexts.integrations.usecases.holding import held
from gymhopper.contracts.integrations.events import EndpointChanged


async def rotate_secret(
    uow: UnitOfWork, endpoint_id: UUID, overlap: timedelta, expected: Expected = ANY
) -> tuple[Endpoint, bytes]:
    """The endpoint and its new secret; both sign until the overlap ends. See Endpoint.rotate."""
    endpoint = await held(uow, endpoint_id)
    expected.require(endpoint)
    secret = new_secret()
    endpoint.rotate(seal_secret(uow.runtime, endpoint.id, secret), overlap, uow.now)
    uow.record(
        endpoint,
        EndpointChanged(endpoint_id=endpoint.id),
        organisation_id=endpoint.organisation_id,
    )
    return endpoint, secret
