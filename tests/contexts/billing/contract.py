"""Membership's events, as billing hears them."""

from datetime import datetime
from typing import Any, TypeVar

from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.events import (
    MembershipCancellationRevoked,
    MembershipCancellationScheduled,
    MembershipEnded,
    MembershipEvent,
    MembershipOverlayChanged,
    MembershipState,
    Overlay,
)
from gymhopper.kernel.ids import new_id

M = TypeVar("M", bound=MembershipEvent)


def state(purchase: Purchase, **changes: Any) -> MembershipState:
    """The membership, running unless the changes say otherwise."""
    given: dict[str, Any] = {
        "membership_id": purchase.membership_id,
        "member_id": purchase.member_id,
        "person_id": purchase.person_id,
        "organisation_id": purchase.organisation_id,
        "plan_id": purchase.plan_id,
        "zone": "Europe/Vienna",
        "coverage": Coverage(include=(Clause(),)),
        "contract": "active",
    }
    return MembershipState(**{**given, **changes})


def ends(purchase: Purchase, at: datetime, **more: Any) -> MembershipCancellationScheduled:
    """The parties gave the contract an end."""
    membership = state(purchase, end=at, contract="under_notice")
    return MembershipCancellationScheduled(membership=membership, **more)


def goes_on(purchase: Purchase, **more: Any) -> MembershipCancellationRevoked:
    """The parties took the end back."""
    return MembershipCancellationRevoked(membership=state(purchase), **more)


def is_over(purchase: Purchase) -> MembershipEnded:
    """The contract is over."""
    return MembershipEnded(membership=state(purchase, contract="ended", end_reason="cancelled"))


def overlaid(purchase: Purchase, *overlays: Overlay) -> MembershipOverlayChanged:
    """These freezes and blocks are there now."""
    return MembershipOverlayChanged(
        membership=state(purchase, overlays=overlays), overlay_id=new_id()
    )


def freeze(start: datetime, until: datetime | None = None, **more: Any) -> Overlay:
    """A freeze of that stretch."""
    return Overlay(overlay_id=new_id(), kind="freeze", start=start, until=until, **more)
