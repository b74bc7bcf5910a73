"""Evidence of what a person agreed to."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Channel = Literal["online", "desk", "network", "import"]
MarketingChannel = Literal["email", "sms", "phone", "push", "post"]


@dataclass(eq=False, kw_only=True)
class Agreement:
    """Which versions of which texts, in which language, through which channel, when and by whom.

    Written once and never changed. `membership_id` is None for what was agreed at registration.
    `health_clearance` is the version of the declaration that was given, not its answers.
    `marketing` holds the answer for each channel that was asked.
    """

    id: UUID
    organisation_id: UUID
    person_id: UUID
    member_id: UUID
    membership_id: UUID | None
    terms: str
    privacy: str
    language: str
    channel: Channel
    agreed_at: datetime
    agreed_by: str
    mandate: str | None = None
    health_clearance: str | None = None
    early_start: bool = False
    marketing: dict[str, bool] = field(default_factory=dict)
    ip: str | None = None
