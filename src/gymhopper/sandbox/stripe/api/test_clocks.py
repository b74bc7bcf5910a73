"""Test clocks."""

from typing import Annotated

from pydantic import Field

from gymhopper.sandbox.stripe.billing import test_clocks
from gymhopper.sandbox.stripe.billing.test_clocks import KIND
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import Nothing, Paging, Parameters, Text, Timestamp

endpoints = Endpoints()

_PATH = "/v1/test_helpers/test_clocks"


class CreateClock(Parameters):
    frozen_time: Timestamp
    name: Annotated[Text, Field(max_length=300)] | None = None


class AdvanceClock(Parameters):
    frozen_time: Timestamp


@endpoints.on("POST", _PATH, CreateClock)
async def create_clock(call: Call, parameters: CreateClock) -> Object:
    return await test_clocks.start(
        call.store, frozen_time=parameters.frozen_time, name=parameters.name
    )


@endpoints.on("POST", f"{_PATH}/{{key}}/advance", AdvanceClock)
async def advance_clock(call: Call, parameters: AdvanceClock, *, key: str) -> Object:
    clock = await call.store.get(KIND, key, param="test_clock")
    return await test_clocks.advance(call.store, clock, parameters.frozen_time)


@endpoints.on("DELETE", f"{_PATH}/{{key}}", Nothing)
async def delete_clock(call: Call, parameters: Nothing, *, key: str) -> Object:
    del parameters
    return await test_clocks.delete(call.store, await call.store.get(KIND, key, param="test_clock"))


endpoints.retrieving(_PATH, KIND)
endpoints.listing(_PATH, KIND, Paging)
