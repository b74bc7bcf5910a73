"""Events, as they happened."""

from typing import Any

from gymhopper.sandbox.stripe.wire.endpoints import Endpoints
from gymhopper.sandbox.stripe.wire.parameters import Listed, ListParameters, Text

endpoints = Endpoints()


class ListEvents(ListParameters):
    type: Text | None = None
    types: Listed[Text] | None = None

    def filters(self) -> dict[str, Any]:
        """One type is a list of one."""
        found = super().filters()
        one = found.pop("type", None)
        return found if one is None else {**found, "types": [one]}


endpoints.retrieving("/v1/events", "event")
endpoints.listing("/v1/events", "event", ListEvents)
