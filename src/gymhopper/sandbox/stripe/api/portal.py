"""The billing portal: configurations, and sessions that let a customer in."""

from typing import Any, Literal

from gymhopper.sandbox.stripe.api.intents import check_customer
from gymhopper.sandbox.stripe.billing.portal import default_configuration
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.portal import (
    portal_configuration,
    portal_flow,
    portal_session,
)
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    Listed,
    Metadata,
    Nested,
    Paging,
    Parameters,
    Text,
    Url,
    merged_metadata,
)

endpoints = Endpoints()

_CONFIGURATION = "billing_portal.configuration"
_PLAIN = ("default_return_url", "name")
Reason = Literal[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
]


class Switch(Nested):
    enabled: bool


class CancellationReason(Nested):
    enabled: bool
    options: Listed[Reason] | None = None


class SubscriptionCancel(Nested):
    cancellation_reason: CancellationReason | None = None
    enabled: bool
    mode: Literal["at_period_end", "immediately"] = "at_period_end"
    proration_behavior: Literal["none"] = "none"


class Features(Nested):
    invoice_history: Switch | None = None
    payment_method_update: Switch | None = None
    subscription_cancel: SubscriptionCancel | None = None


class BusinessProfile(Nested):
    headline: Clearable[Text] = None
    privacy_policy_url: Url | None = None
    terms_of_service_url: Url | None = None


class ConfigurationParameters(Parameters):
    business_profile: BusinessProfile | None = None
    default_return_url: Clearable[Url] = None
    metadata: Metadata | None = None
    name: Clearable[Text] = None


class CreateConfiguration(ConfigurationParameters):
    features: Features


class UpdateConfiguration(ConfigurationParameters):
    active: bool | None = None
    features: Features | None = None


class ListConfigurations(Paging):
    active: bool | None = None


class ReturnUrl(Nested):
    return_url: Url


class AfterCompletion(Nested):
    redirect: ReturnUrl | None = None
    type: Literal["hosted_confirmation", "portal_homepage", "redirect"]


class CancelFlow(Nested):
    subscription: Text


class FlowData(Nested):
    after_completion: AfterCompletion | None = None
    subscription_cancel: CancelFlow | None = None
    type: Literal["payment_method_update", "subscription_cancel"]


class CreatePortalSession(Parameters):
    configuration: Text | None = None
    customer: Text
    flow_data: FlowData | None = None
    return_url: Url | None = None


@endpoints.on("POST", "/v1/billing_portal/configurations", CreateConfiguration)
async def create_configuration(call: Call, parameters: CreateConfiguration) -> Object:
    made = portal_configuration(created=call.store.now, is_default=False, given={}, features={})
    made |= _changes(made, parameters, parameters.features)
    return await call.store.insert(made, f"{_CONFIGURATION}.created")


@endpoints.on("POST", "/v1/billing_portal/configurations/{key}", UpdateConfiguration)
async def update_configuration(call: Call, parameters: UpdateConfiguration, *, key: str) -> Object:
    before = await call.store.get(_CONFIGURATION, key, param="configuration")
    changes = _changes(before, parameters, parameters.features)
    if parameters.active is not None:
        changes["active"] = parameters.active
    changes["updated"] = call.store.now
    return await call.store.update(before, changes, f"{_CONFIGURATION}.updated")


def _changes(
    before: Object, parameters: ConfigurationParameters, features: Features | None
) -> Object:
    """What the request changes; features that it does not name stay as they are."""
    changes: dict[str, Any] = parameters.given(*_PLAIN)
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    if parameters.business_profile is not None:
        told = parameters.business_profile.model_dump(exclude_unset=True)
        changes["business_profile"] = {**before["business_profile"], **told}
    if features is not None:
        changes["features"] = _merged(before["features"], features.model_dump(exclude_unset=True))
    return changes


def _merged(before: Object, given: Object) -> Object:
    after = dict(before)
    for name, value in given.items():
        if isinstance(value, dict):
            after[name] = _merged(before[name], value)
        elif value is not None:
            after[name] = value
    return after


endpoints.retrieving("/v1/billing_portal/configurations", _CONFIGURATION)
endpoints.listing("/v1/billing_portal/configurations", _CONFIGURATION, ListConfigurations)


@endpoints.on("POST", "/v1/billing_portal/sessions", CreatePortalSession)
async def create_portal_session(call: Call, parameters: CreatePortalSession) -> Object:
    store = call.store
    await check_customer(store, parameters.customer)
    configuration = await _configuration(store, parameters.configuration)
    flow = await _flow(store, parameters, configuration)
    key = object_id("bps")
    made = portal_session(
        key,
        created=store.now,
        customer=parameters.customer,
        configuration=configuration["id"],
        url=f"{call.base_url}/portal/{key}",
        flow=flow,
        given={"return_url": parameters.return_url or configuration["default_return_url"]},
    )
    return await store.insert(made, "billing_portal.session.created")


async def _configuration(store: Store, key: str | None) -> Object:
    if key is None:
        return await default_configuration(store)
    found = await store.find(_CONFIGURATION, key)
    if found is None:
        raise InvalidRequest(
            f"No such configuration: '{key}'", code="resource_missing", param="configuration"
        )
    if not found["active"]:
        raise InvalidRequest(f"The configuration {key} is not active.", param="configuration")
    return found


async def _flow(
    store: Store, parameters: CreatePortalSession, configuration: Object
) -> Object | None:
    data = parameters.flow_data
    if data is None:
        return None
    if not configuration["features"][data.type]["enabled"]:
        raise InvalidRequest(
            f"This session's configuration does not have the `{data.type}` feature enabled.",
            param="flow_data[type]",
        )
    if (data.subscription_cancel is None) == (data.type == "subscription_cancel"):
        raise InvalidRequest(
            "`flow_data[subscription_cancel]` goes with the type `subscription_cancel`, and with no"
            " other.",
            param="flow_data[subscription_cancel]",
        )
    subscription = None
    if data.subscription_cancel is not None:
        subscription = data.subscription_cancel.subscription
        found = await store.find("subscription", subscription)
        if found is None or found["customer"] != parameters.customer:
            raise InvalidRequest(
                f"No such subscription: '{subscription}'",
                code="resource_missing",
                param="flow_data[subscription_cancel][subscription]",
            )
        if found["status"] == "canceled" or found["cancel_at"] is not None:
            raise InvalidRequest(
                f"The subscription {subscription} is already set to be canceled.",
                param="flow_data[subscription_cancel][subscription]",
            )
    after = data.after_completion
    if after is not None and (after.type == "redirect") != (after.redirect is not None):
        raise InvalidRequest(
            "`redirect` goes with the type `redirect`, and with no other.",
            param="flow_data[after_completion][redirect]",
        )
    return portal_flow(
        data.type,
        subscription=subscription,
        after=after.type if after else "portal_homepage",
        return_url=after.redirect.return_url if after and after.redirect else None,
    )
