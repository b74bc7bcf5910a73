"""A page of the provider on which a claim is paid that no invoice of its asks for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(eq=False, kw_only=True)
class ClaimPage:
    """It asks for `amount`, and says `text` of what that is for.

    `provider_id`, `url` and `expires_at` are missing until the provider has answered.
    """

    id: UUID
    organisation_id: UUID
    person_id: UUID
    claim_id: UUID
    amount: int
    currency: str
    text: str
    return_url: str
    status: Literal["open", "complete", "expired"] = "open"
    provider_id: str | None = None
    url: str | None = None
    expires_at: datetime | None = None
    created_at: datetime
