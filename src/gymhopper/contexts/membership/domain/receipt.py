"""What somebody who leaves holds in hand: a lasting proof of what they declared, and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Act = Literal["cancellation", "withdrawal"]


@dataclass(eq=False, kw_only=True)
class Receipt:
    """Written with the declaration and never changed.

    `wish` is what was asked for (`now`, `term_end` ...), `ends_at` what it came to; of what was
    paid, `given_back_days` of `of_days` go back after a withdrawal. `declared_by` is the actor:
    `anonymous` for whoever came by a link to the member's own mailbox, of the request `request_id`.
    """

    id: UUID
    organisation_id: UUID
    member_id: UUID
    person_id: UUID
    membership_id: UUID
    act: Act
    member_number: str
    plan_name: str
    wish: str
    declared_at: datetime
    declared_by: str
    ends_at: datetime | None
    given_back_days: int | None = None
    of_days: int | None = None
    request_id: UUID | None = None
