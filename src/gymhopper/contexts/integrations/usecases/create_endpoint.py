"""Give an organisation an endpoint."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.domain.endpoint import MOST_ENDPOINTS, Endpoint
from gymhopper.contexts.integrations.domain.errors import TooManyEndpoints
from gymhopper.contexts.integrations.domain.signature import new_secret
from gymhopper.contexts.integrations.storage import tables
from gymhopper.contexts.integrations.storage.secrets import seal_secret
from gymhopper.contracts.integrations.events import EndpointCreated
from gymhopper.kernel.ids import new_id

# Two that create at once would both count the same; the lock makes one wait for the other.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEndpoint:
    """`url` and `event_types` have been checked."""

    organisation_id: UUID
    url: str
    description: str
    event_types: tuple[str, ...]


async def create_endpoint(uow: UnitOfWork, command: CreateEndpoint) -> tuple[Endpoint, bytes]:
    """Make the endpoint, and the secret that it is to be shown now.

    Raises TooManyEndpoints when the organisation has as many as it may have.
    """
    await uow.connection.execute(_ONE_AT_A_TIME, {"key": f"webhooks {command.organisation_id}"})
    count = await uow.connection.execute(
        select(func.count())
        .select_from(tables.endpoint)
        .where(tables.endpoint.c.organisation_id == command.organisation_id)
    )
    if count.scalar_one() >= MOST_ENDPOINTS:
        raise TooManyEndpoints(f"An organisation has at most {MOST_ENDPOINTS} webhook endpoints.")
    endpoint_id, secret = new_id(), new_secret()
    endpoint = Endpoint(
        id=endpoint_id,
        organisation_id=command.organisation_id,
        url=command.url,
        description=command.description,
        event_types=command.event_types,
        secret=seal_secret(uow.runtime, endpoint_id, secret),
        created_at=uow.now,
    )
    uow.add(endpoint)
    uow.record(
        endpoint,
        EndpointCreated(endpoint_id=endpoint_id),
        organisation_id=endpoint.organisation_id,
    )
    return endpoint, secret
