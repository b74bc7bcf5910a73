"""The page on which a person pays for a membership for the first time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contracts.membership.api import PayerKind


@dataclass(eq=False, kw_only=True)
class BillingAccount:
    """Who pays at an organisation, and what the payment provider calls them.

    That of a household has the household's own id; `person_id` is then whoever pays for it.
    `chosen_card` is to be charged from now on, until the provider has heard of it.
    """

    id: UUID
    organisation_id: UUID
    person_id: UUID
    kind: PayerKind = "person"
    provider_customer_id: str | None = None
    chosen_card: str | None = None


@dataclass(eq=False, kw_only=True)
class Checkout:
    """One page. Its terms are kept so that asking the provider again asks for the very same.

    `provider_id`, `url` and `expires_at` are missing until the provider has answered.
    """

    id: UUID
    subscription_id: UUID
    organisation_id: UUID
    person_id: UUID
    membership_id: UUID
    terms: Terms
    success_url: str
    cancel_url: str
    status: Literal["open", "complete", "expired"] = "open"
    provider_id: str | None = None
    url: str | None = None
    expires_at: datetime | None = None
    created_at: datetime
