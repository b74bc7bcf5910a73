"""Disputes: evidence for the bank, or giving in."""

from typing import Annotated, Any

from pydantic import Field, create_model

from gymhopper.sandbox.stripe.billing import disputes
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.dispute import EVIDENCE
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    ListParameters,
    Metadata,
    Nested,
    Parameters,
    Text,
    merged_metadata,
)

endpoints = Endpoints()

_Said = Clearable[Annotated[str, Field(max_length=20_000)]]
_FIELDS: dict[str, Any] = dict.fromkeys(EVIDENCE, (_Said, None))
Evidence: type[Nested] = create_model("Evidence", __base__=Nested, **_FIELDS)


class UpdateDispute(Parameters):
    evidence: Evidence | None = None  # type: ignore[valid-type] # its fields are Stripe's list
    metadata: Metadata | None = None
    submit: bool = True


class ListDisputes(ListParameters):
    charge: Text | None = None
    payment_intent: Text | None = None


@endpoints.on("POST", "/v1/disputes/{key}", UpdateDispute)
async def update_dispute(call: Call, parameters: UpdateDispute, *, key: str) -> Object:
    before = await call.store.get("dispute", key, param="dispute")
    changes: Object = {}
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    given = parameters.model_dump(exclude_unset=True).get("evidence") or {}
    if not given and not ("submit" in parameters.model_fields_set and parameters.submit):
        return await call.store.update(before, changes, "charge.dispute.updated")
    _check_open(before)
    evidence = {**before["evidence"], **given}
    changes["evidence"] = evidence
    changes["evidence_details"] = {
        **before["evidence_details"],
        "has_evidence": any(evidence[name] for name in EVIDENCE),
    }
    return await disputes.answer(call.store, before, changes, submit=parameters.submit)


@endpoints.on("POST", "/v1/disputes/{key}/close", Parameters)
async def close_dispute(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    store: Store = call.store
    before = await store.get("dispute", key, param="dispute")
    _check_open(before)
    return await disputes.lose(store, before)


def _check_open(dispute: Object) -> None:
    if dispute["status"] != "needs_response":
        raise InvalidRequest(
            f"This dispute has a status of {dispute['status']}: evidence was already submitted, or "
            "it is already closed."
        )


endpoints.retrieving("/v1/disputes", "dispute")
endpoints.listing("/v1/disputes", "dispute", ListDisputes)
