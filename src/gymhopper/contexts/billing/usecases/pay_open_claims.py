"""Pay what is owed already out of credit that has come, the oldest first.

Only what we ask for ourselves. An invoice that a provider has made final takes no more of the
customer's balance: what is placed there pays the next one.
"""

from uuid import UUID

from sqlalchemy import func, select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.storage import credit_tables, tables
from gymhopper.contexts.billing.usecases.open_dues import payments_of
from gymhopper.contexts.billing.usecases.settle_claim import settle_claim
from gymhopper.contexts.billing.usecases.use_credit import pay_by_credit

_WAITING = ("open", "failed")


async def pay_open_claims(runtime: Runtime, credit_id: UUID) -> None:
    """Each in a transaction of its own, under the lock of its dues; a repeat finds nothing left."""
    claim, dues, credit = tables.claim, tables.dues, credit_tables.credit
    async with runtime.database.transaction(SERVICE, read_only=True) as connection:
        rows = await connection.execute(
            select(claim.c.id, dues.c.id.label("dues_id"), dues.c.terms, credit.c.legal_entity_id)
            .join_from(claim, dues, claim.c.dues_id == dues.c.id)
            .join(
                credit,
                (credit.c.billing_account_id == claim.c.billing_account_id)
                & (credit.c.currency == claim.c.currency),
            )
            .where(
                credit.c.id == credit_id,
                credit.c.balance > credit.c.placed,
                claim.c.status.in_(_WAITING),
                claim.c.outstanding > 0,
            )
            .order_by(func.coalesce(claim.c.due_at, claim.c.start), claim.c.id)
        )
        found = [
            (row.dues_id, row.id)
            for row in rows
            if row.terms.legal_entity_id == row.legal_entity_id
        ]
    for dues_id, claim_id in found:
        async with runtime.begin(SERVICE) as uow:
            await _pay(uow, dues_id, claim_id)


async def _pay(uow: UnitOfWork, dues_id: UUID, claim_id: UUID) -> None:
    """Of a first claim nothing is owed until somebody pays it: whether they still want to, they
    say themselves."""
    dues = await uow.get(Dues, dues_id)
    claim = await uow.get(Claim, claim_id)
    if claim.status not in _WAITING or not claim.is_owed:
        return
    if claim.asked_here(await payments_of(uow, claim.id)):
        await pay_by_credit(uow, dues, claim)
        await settle_claim(uow, dues, claim)
