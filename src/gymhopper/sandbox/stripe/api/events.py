"""Events, as they happened."""

from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints, listed
from gymhopper.sandbox.stripe.wire.parameters import Listed, ListParameters, Text

endpoints = Endpoints()


class ListEvents(ListParameters):
    type: Text | None = None
    types: Listed[Text] | None = None


@endpoints.on("GET", "/v1/events", ListEvents)
async def list_events(call: Call, parameters: ListEvents) -> Object:
    if parameters.type is not None and parameters.types is not None:
        raise InvalidRequest("You may only specify one of these parameters: type, types.")
    types = parameters.types if parameters.type is None else [parameters.type]
    return await listed(call, "/v1/events", "event", parameters, type=None, types=types)


endpoints.retrieving("/v1/events", "event")
