"""What creating, changing, previewing and ending a subscription take."""

from typing import Annotated, Any, Literal

from pydantic import Field

from gymhopper.sandbox.stripe.api.selling import (
    DiscountEntry,
    Extra,
    Quantity,
    RecurringPriceData,
)
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    Listed,
    ListParameters,
    Metadata,
    Nested,
    Parameters,
    Text,
    Timestamp,
)

Prorates = Literal["always_invoice", "create_prorations", "none"]
PaysBy = Literal["allow_incomplete", "default_incomplete", "error_if_incomplete"]
Feedback = Literal[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
]


class PauseCollection(Nested):
    behavior: Literal["keep_as_draft", "mark_uncollectible", "void"]
    resumes_at: Timestamp | None = None


class CancellationDetails(Nested):
    comment: Clearable[Text] = None
    feedback: Clearable[Feedback] = None


class EndBehavior(Nested):
    missing_payment_method: Literal["cancel", "create_invoice", "pause"]


class TrialSettings(Nested):
    end_behavior: EndBehavior


class PaymentSettings(Nested):
    payment_method_types: Listed[Literal["card"]] | None = None
    save_default_payment_method: Literal["off", "on_subscription"] | None = None


class NewItem(Nested):
    metadata: Metadata | None = None
    price: Text | None = None
    price_data: RecurringPriceData | None = None
    quantity: Quantity = 1


class ChangedItem(NewItem):
    deleted: bool = False
    id: Text | None = None


class CreateSubscription(Parameters):
    add_invoice_items: Listed[Extra] = Field(default_factory=list)
    billing_cycle_anchor: Timestamp | None = None
    cancel_at: Timestamp | None = None
    cancel_at_period_end: bool = False
    collection_method: Literal["charge_automatically"] = "charge_automatically"
    customer: Text
    default_payment_method: Text | None = None
    description: Annotated[Text, Field(max_length=500)] | None = None
    discounts: Listed[DiscountEntry] = Field(default_factory=list)
    items: Annotated[Listed[NewItem], Field(min_length=1, max_length=20)]
    metadata: Metadata | None = None
    off_session: bool = False
    payment_behavior: PaysBy = "allow_incomplete"
    payment_settings: PaymentSettings | None = None
    proration_behavior: Prorates = "create_prorations"
    trial_end: Literal["now"] | Timestamp | None = None
    trial_period_days: Annotated[int, Field(ge=1, le=730)] | None = None
    trial_settings: TrialSettings | None = None


class Changes(Nested):
    """What costs something, and can be previewed."""

    billing_cycle_anchor: Literal["now", "unchanged"] = "unchanged"
    cancel_at: Clearable[Timestamp] = None
    cancel_at_period_end: bool | None = None
    items: Annotated[Listed[ChangedItem], Field(max_length=20)] | None = None
    proration_behavior: Prorates = "create_prorations"
    proration_date: Timestamp | None = None
    trial_end: Literal["now"] | Timestamp | None = None


class UpdateSubscription(Changes, Parameters):
    cancellation_details: CancellationDetails | None = None
    default_payment_method: Text | None = None
    description: Clearable[Text] = None
    discounts: Listed[DiscountEntry] | None = None
    metadata: Metadata | None = None
    off_session: bool = False
    pause_collection: Clearable[PauseCollection] = None
    payment_behavior: PaysBy = "allow_incomplete"
    payment_settings: PaymentSettings | None = None
    trial_settings: TrialSettings | None = None


class CancelSubscription(Parameters):
    cancellation_details: CancellationDetails | None = None
    invoice_now: bool = False
    prorate: bool = False


class ResumeSubscription(Parameters):
    billing_cycle_anchor: Literal["now"] = "now"


class PreviewedChanges(Changes):
    cancel_now: bool = False


class CreatePreview(Parameters):
    customer: Text | None = None
    discounts: Listed[DiscountEntry] | None = None
    subscription: Text | None = None
    subscription_details: PreviewedChanges | None = None


class ListSubscriptions(ListParameters):
    customer: Text | None = None
    price: Text | None = None
    status: (
        Literal[
            "active",
            "all",
            "canceled",
            "ended",
            "incomplete",
            "incomplete_expired",
            "past_due",
            "paused",
            "trialing",
            "unpaid",
        ]
        | None
    ) = None
    test_clock: Text | None = None

    def filters(self) -> dict[str, Any]:
        """Without a status, those that ended are left out; so are those of test clocks that nobody
        asked for."""
        found = super().filters()
        if self.customer is None and self.test_clock is None:
            found["clockless"] = True
        status = found.pop("status", None)
        match status:
            case None:
                return {**found, "not_status": "canceled"}
            case "all":
                return found
            case "ended":
                return {**found, "statuses": ["canceled", "incomplete_expired"]}
            case _:
                return {**found, "status": status}
