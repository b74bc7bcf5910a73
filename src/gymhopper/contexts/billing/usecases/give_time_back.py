"""Give back what time was worth that was paid for and could not be used: as credit."""

from uuid import uuid5

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.time_back import give_back
from gymhopper.contexts.billing.usecases.grant_credit import grant_credit
from gymhopper.contexts.billing.usecases.open_dues import claims_of
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

REASON = "Time given back"


async def give_time_back(uow: UnitOfWork, dues: Dues, time: Period, why: str) -> None:
    """The local days of `time`, at what was paid for them, to whoever paid; each day once, also
    where a freeze and a lock-out overlap.

    It pays what is asked for next, whoever collects that.
    """
    if why == "freeze" and dues.terms.single:
        # It was not bought by the day: its end is moved, and nothing more is asked for.
        return
    for claim in await claims_of(uow, dues):
        if claim.kind != "period" or claim.status != "paid":
            continue
        before = len(claim.given_back)
        amount = give_back(claim, time, dues.terms.zone)
        if amount > 0:
            await grant_credit(
                uow,
                account_id=claim.billing_account_id,
                legal_entity_id=dues.terms.legal_entity_id,
                amount=Money(amount, claim.currency),
                reason=REASON,
                cause=uuid5(claim.id, f"{why} {time.start.isoformat()} {before}"),
                membership_id=dues.membership_id,
            )


async def give_frozen_back(uow: UnitOfWork, dues: Dues) -> None:
    """What was paid beforehand for days that were frozen since, once the freeze is over."""
    for stretch in dues.frozen:
        if dues.contract_ended or (stretch.until is not None and stretch.until <= uow.now):
            until = min(stretch.until or uow.now, uow.now)
            if stretch.start < until:
                await give_time_back(uow, dues, Period(stretch.start, until), "freeze")
