"""Have somebody else pay for a membership, from its next claim on.

What a payment provider collects is in the name of its customer, whose card it is: there the new
payer has to begin anew. What was claimed before stays with whoever owes it, documents and all.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.errors import CollectedByCard, DebtFirst, NothingToPay
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.usecases.open_dues import (
    account_of,
    claims_of,
    dues_of,
    payments_of,
    running,
)
from gymhopper.contexts.billing.usecases.to_pay import may_act_for
from gymhopper.contracts.billing.events import PayerChanged
from gymhopper.contracts.membership.api import MembershipApi, Payer, PayerKind, Purchase
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePayer:
    """Who is to pay, by the id of the member or the household."""

    membership_id: UUID
    kind: PayerKind
    payer_id: UUID


async def change_payer(
    runtime: Runtime, caller: AuthSubject, command: ChangePayer
) -> BillingAccount:
    """The account that the next claim is for; a repeat changes nothing.

    Members take over what they will pay themselves; whom else to ask is for the desk to write down.
    Raises NotFound, NothingToPay, CollectedByCard, DebtFirst.
    """
    members = runtime.api(MembershipApi)
    purchase = await members.purchase(membership_id=command.membership_id)
    payer = await members.payer(
        membership_id=command.membership_id, kind=command.kind, payer_id=command.payer_id
    )
    if purchase is None or not _sees(caller, purchase, payer):
        raise NotFound("There is no membership with this id.")
    if payer is None or caller.person_id not in {None, payer.person_id}:
        raise NotFound("There is nobody with this id who could pay.", field="id")
    if purchase.contract == "ended" or purchase.paid_by.kind == "sponsor":
        raise NothingToPay("Nothing more is to be paid by the member's side.")
    if caller.person_id is not None:
        caller = replace(caller, organisation_id=purchase.organisation_id, person_id=None)
    async with runtime.begin(caller) as uow:
        account = await account_of(uow, purchase.organisation_id, payer)
        dues = await dues_of(uow, purchase, account)
        if dues.billing_account_id != account.id:
            await _hand_over(uow, dues, account)
        elif purchase.paid_by.id == payer.id:
            return account
        event = PayerChanged(membership_id=dues.membership_id, kind=payer.kind, payer_id=payer.id)
        uow.record(dues, event, organisation_id=dues.organisation_id)
    return account


def _sees(caller: AuthSubject, purchase: Purchase, payer: Payer | None) -> bool:
    """Who pays for a household may take over what its members have."""
    return may_act_for(caller, purchase) or (
        payer is not None
        and payer.kind == "household"
        and payer.person_id is not None
        and caller.acts_as(payer.person_id, purchase.organisation_id)
    )


async def _hand_over(uow: UnitOfWork, dues: Dues, account: BillingAccount) -> None:
    collecting = await running(uow, dues)
    if collecting is not None and collecting.provider != AT_THE_DESK:
        raise CollectedByCard("It is collected from a card, or a page for that is open.")
    for claim in await claims_of(uow, dues):
        if claim.status == "failed":
            raise DebtFirst("Something is overdue: whoever owes it pays it first.")
        if claim.first and claim.paid_at is None and claim.status == "open":
            if await payments_of(uow, claim.id):
                raise DebtFirst("A part of the first payment came in: the rest comes first.")
            # Nobody owes it before it is paid.
            claim.billing_account_id, claim.person_id = account.id, account.person_id
    dues.billing_account_id, dues.person_id = account.id, account.person_id
    if collecting is not None:
        collecting.person_id = account.person_id
