"""See by a link what leaving comes to, and confirm it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import IllegalTransition, LinkExpired
from gymhopper.contexts.membership.domain.leaving_request import LeavingRequest
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.receipt import Act, Receipt
from gymhopper.contexts.membership.domain.withdrawal import Share
from gymhopper.contexts.membership.storage import leaving_tables, tables
from gymhopper.contexts.membership.storage.leaving_link import LeavingSeal
from gymhopper.contexts.membership.usecases.cancel_membership import (
    CancelMembership,
    cancel_membership,
)
from gymhopper.contexts.membership.usecases.withdraw_membership import (
    withdraw_membership,
    withdrawal,
)
from gymhopper.kernel.errors import Conflict, NotFound

_NOTICED = "This membership is under notice already."

SOMEBODY = AuthSubject(kind="anonymous", everywhere=True)
"""Somebody who has shown by a link whose mailbox they read, and may only do what it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What would become of a membership: when it would end, what share of the money would go back,
    or why it cannot be done. `receipt` is there once it was."""

    membership_id: UUID
    plan_name: str
    zone: str
    act: Act
    ends_at: datetime | None
    share: Share | None
    refused: str | None
    receipt: Receipt | None


async def preview_leaving(runtime: Runtime, token: str) -> Sequence[Offered]:
    """What the link offers for each membership of its mailbox. Nothing changes.

    Raises LinkExpired, also for what never was a link.
    """
    async with runtime.begin(SOMEBODY) as uow:
        request = await _request(uow, token)
        found = await uow.session.scalars(
            select(Membership)
            .where(tables.membership.c.member_id.in_(request.member_ids or ()))
            .where(tables.membership.c.organisation_id == request.organisation_id)
            .order_by(tables.membership.c.id)
        )
        return [
            offered
            for each in found.all()
            if (offered := await _offered(uow, request, each)) is not None
        ]


async def confirm_leaving(runtime: Runtime, token: str, membership_id: UUID) -> Receipt:
    """Do what the link offers. Done again, it shows the same receipt.

    Raises LinkExpired, NotFound for another's membership, and what cancelling and withdrawing
    raise.
    """
    async with runtime.begin(SOMEBODY) as uow:
        request = await _request(uow, token)
        membership = await uow.get(Membership, membership_id)
        if membership.member_id not in (request.member_ids or ()):
            raise NotFound("There is no membership with this id.")
        receipt = await _receipt(uow, request, membership)
        if receipt is None and request.act == "withdrawal":
            return await withdraw_membership(uow, membership.id, request)
        if receipt is None:
            return await _cancelled(uow, request, membership)
        return receipt


async def _cancelled(uow: UnitOfWork, request: LeavingRequest, membership: Membership) -> Receipt:
    if membership.contract == "under_notice":
        raise IllegalTransition(_NOTICED)
    command = CancelMembership(
        membership_id=membership.id,
        when=_when(membership, uow.now),
        reason="",
        request_id=request.id,
    )
    await cancel_membership(uow, command)
    receipt = await _receipt(uow, request, membership)
    assert receipt is not None  # noqa: S101 - the use case has just written it
    return receipt


async def _request(uow: UnitOfWork, token: str) -> LeavingRequest:
    request_id = LeavingSeal(uow.runtime.secrets).read(token)
    found = None if request_id is None else await uow.session.get(LeavingRequest, request_id)
    if found is None or found.expires_at <= uow.now or not found.member_ids:
        raise LinkExpired("This link is not good, or not any more. Ask for a new one.")
    return found


async def _offered(
    uow: UnitOfWork, request: LeavingRequest, membership: Membership
) -> Offered | None:
    receipt = await _receipt(uow, request, membership)
    if receipt is None and membership.is_over(uow.now):
        return None
    ends_at, share, refused = membership.end, None, None
    if receipt is None and request.act == "withdrawal":
        ends_at = uow.now
        try:
            share = await withdrawal(uow, membership, request)
        except Conflict as error:
            ends_at, refused = None, error.detail
    elif receipt is None and membership.contract == "under_notice":
        refused = _NOTICED
    elif receipt is None:
        ends_at = {
            "now": uow.now,
            "period_end": membership.period_end(uow.now),
            "term_end": membership.earliest_end(uow.now),
        }[_when(membership, uow.now)]
    return Offered(
        membership_id=membership.id,
        plan_name=membership.plan_name,
        zone=membership.zone,
        act=request.act,
        ends_at=ends_at,
        share=share,
        refused=refused,
        receipt=receipt,
    )


def _when(membership: Membership, now: datetime) -> Literal["now", "period_end", "term_end"]:
    """The earliest end that term and notice allow, and that wastes nothing which was paid for."""
    if membership.contract == "pending":
        return "now"
    pays_beyond = membership.period_end(now) >= membership.earliest_end(now)
    return "period_end" if pays_beyond else "term_end"


async def _receipt(
    uow: UnitOfWork, request: LeavingRequest, membership: Membership
) -> Receipt | None:
    kept = leaving_tables.receipt.c
    found: Receipt | None = await uow.session.scalar(
        select(Receipt).where(kept.request_id == request.id, kept.membership_id == membership.id)
    )
    return found
