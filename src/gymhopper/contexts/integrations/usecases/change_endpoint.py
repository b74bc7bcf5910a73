"""Change where an endpoint is and what it is told, or end it."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.domain.endpoint import Endpoint, Status
from gymhopper.contexts.integrations.usecases.holding import held
from gymhopper.contracts.integrations.events import EndpointChanged, EndpointDeleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be different; None leaves it. `url` and `event_types` have been checked."""

    url: str | None = None
    description: str | None = None
    event_types: tuple[str, ...] | None = None
    status: Status | None = None


async def change_endpoint(
    uow: UnitOfWork, endpoint_id: UUID, change: Change, expected: Expected = ANY
) -> Endpoint:
    """Apply the change; what waits for the endpoint goes to where it is from now on."""
    endpoint = await held(uow, endpoint_id)
    expected.require(endpoint)
    if change.url is not None:
        endpoint.url = change.url
    if change.description is not None:
        endpoint.description = change.description
    if change.event_types is not None:
        endpoint.event_types = change.event_types
    if change.status == "disabled":
        endpoint.disable("by_hand", uow.now)
    elif change.status == "enabled":
        endpoint.enable()
    uow.record(
        endpoint,
        EndpointChanged(endpoint_id=endpoint.id),
        organisation_id=endpoint.organisation_id,
    )
    return endpoint


async def delete_endpoint(uow: UnitOfWork, endpoint_id: UUID, expected: Expected = ANY) -> None:
    """End it, with its log and all that waits for it."""
    endpoint = await held(uow, endpoint_id)
    expected.require(endpoint)
    uow.record(
        endpoint,
        EndpointDeleted(endpoint_id=endpoint.id),
        organisation_id=endpoint.organisation_id,
    )
    await uow.session.delete(endpoint)
