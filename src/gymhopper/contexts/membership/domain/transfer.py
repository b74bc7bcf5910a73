"""A membership goes over to somebody else: the old contract ends, a new one goes on with its terms.

Both are there from the moment it is agreed on: the old one with its end, the new one waiting. What
goes over is looked at on the day, so that whatever was paid, frozen or used until then counts.
"""

from datetime import datetime

from msgspec import structs

from gymhopper.contexts.membership.domain.errors import (
    DateOutOfRange,
    DebtBeforeTransfer,
    IllegalTransition,
    NotTransferable,
)
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.overlay import Overlay
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.ids import new_id


def check(
    membership: Membership, receiver: Member, at: datetime, now: datetime, *, debts_stay: bool
) -> None:
    """Raise NotTransferable, IllegalTransition, DateOutOfRange or DebtBeforeTransfer unless the
    receiver can have it from `at` on. With `debts_stay` whoever owes something goes on owing it."""
    if not membership.offer.transferable:
        raise NotTransferable("The plan does not let it go over to somebody else.")
    if membership.member_id == receiver.id:
        raise NotTransferable("This is the member who has it.", field="to_member_id")
    if membership.payer_kind == "sponsor":
        raise NotTransferable("A sponsor pays for this one's member and nobody else.")
    if membership.is_over(now) or membership.contract not in ("active", "under_notice"):
        raise IllegalTransition(f"A {membership.contract} membership is not handed over.")
    if membership.transferred_at is not None:
        raise IllegalTransition("It is being handed over already. Call that off first.")
    if membership.trial_until is not None and now < membership.trial_until:
        raise IllegalTransition("A trial is not handed over.")
    if membership.start is None or at < membership.start:
        raise DateOutOfRange("The membership has not begun by then.", field="day")
    if membership.end is not None and membership.end <= at:
        raise DateOutOfRange("The membership has ended by then.", field="day")
    if membership.overdue_since is not None and not debts_stay:
        raise DebtBeforeTransfer("Something is owed for it: that is paid first, or stays.")


def agreed(
    membership: Membership, receiver: Member, at: datetime, reason: str, now: datetime
) -> Membership:
    """What the receiver will have from `at` on: the terms as they were sold, and nothing yet."""
    waiting = Membership(
        id=new_id(),
        organisation_id=membership.organisation_id,
        member_id=receiver.id,
        person_id=receiver.person_id,
        plan_id=membership.plan_id,
        legal_entity_id=membership.legal_entity_id,
        plan_name=membership.plan_name,
        coverage=membership.coverage,
        interval=membership.interval,
        interval_count=membership.interval_count,
        zone=membership.zone,
        entry_grace_days=membership.entry_grace_days,
        freeze_rules=membership.freeze_rules,
        conditions=membership.conditions,
        price_id=membership.price_id,
        price=membership.price,
        starts_on=local_date(at, membership.zone),
        purchased_at=now,
        offer=structs.replace(membership.offer, trial=None),
        tax_included=membership.tax_included,
        credits=None if membership.credits is None else 0,
        transferred_from=membership.id,
    )
    membership.hand_over(at, waiting.id, reason, now)
    return waiting


def overlays_of(membership: Membership, heir: Membership) -> list[Overlay]:
    """The freezes and blocks that go along, those that are over, too: they count against limits."""
    return [
        Overlay(
            id=new_id(),
            membership_id=heir.id,
            organisation_id=heir.organisation_id,
            person_id=heir.person_id,
            kind=each.kind,
            start=each.start,
            until=each.until,
            stops_billing=each.stops_billing,
            reason=each.reason,
            created_by=each.created_by,
            created_at=each.created_at,
            stops_access=each.stops_access,
            extends_term=each.extends_term,
            fee_from=each.fee_from,
            fees_told=each.fees_told,
        )
        for each in membership.overlays
    ]


def take_over(former: Membership, heir: Membership, now: datetime) -> None:
    """Have the contract of `former` go on as `heir`'s: its terms, its end and what is paid for.

    What is owed for the running period stays with whoever owes it, and so it is covered.
    """
    at = former.end
    if at is None or former.end_reason != "transferred":
        raise IllegalTransition("The membership ended otherwise.")
    heir.plan_id, heir.plan_name = former.plan_id, former.plan_name
    heir.price_id, heir.price = former.price_id, former.price
    heir.discount = former.discount
    heir.coverage, heir.conditions = former.coverage, former.conditions
    heir.cycle_from = former.first_charged_day
    heir.terms_from = former.terms_from or former.starts_on
    heir.bound_until = former.bound_until
    heir.homes, heir.runs_until = former.homes, former.runs_until
    heir.overlays.extend(overlays_of(former, heir))
    heir.cancelled_at = _announced(former)
    heir.cancellation_reason = former.cancellation_reason if heir.cancelled_at else None
    single = former.offer.kind not in ("recurring", "fixed_term")
    until = former.paid_until if single else former.period_end(at)
    heir.begin_at(at, until, now)


def _announced(former: Membership) -> datetime | None:
    """The end that the parties had set, be it in the provider's portal."""
    ends = [former.cancelled_at]
    if former.collection_announced and not former.collection_ended:
        ends.append(former.collection_ends_at)
    return min((each for each in ends if each is not None), default=None)
