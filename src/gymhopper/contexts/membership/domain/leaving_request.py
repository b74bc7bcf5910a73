"""Somebody who is not signed in wants to leave, and has to show by a mailbox who they are."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from gymhopper.contexts.membership.domain.receipt import Act

LIFETIME = timedelta(hours=48)
"""How long the link is good. What it declares counts from when it was asked for."""

LINKS_AN_HOUR = 3
"""More to one member are not sent, silently: a good one is in the mailbox."""


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who they say they are: all that is given has to fit."""

    email: str | None = None
    member_number: str | None = None


@dataclass(eq=False, kw_only=True)
class LeavingRequest:
    """What was asked for, whoever asked; `claim` is sealed. `member_ids` are those to whose mailbox
    a link went, None before it was decided whether one does."""

    id: UUID
    organisation_id: UUID
    act: Act
    claim: bytes
    language: str
    created_at: datetime
    expires_at: datetime
    member_ids: list[UUID] | None = field(default=None)
