"""What is left of a membership's credits becomes another one's."""

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.credit import CreditLot
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.usecases.credit_book import CREDITS_EXPIRE, CreditBook
from gymhopper.kernel.ids import new_id


async def hand_over_credits(uow: UnitOfWork, former: Membership, heir: Membership) -> None:
    """Each lot with its end and its price: what is taken back is paid to whoever had bought it."""
    if former.offer.pack is None:
        return
    source = await CreditBook.open(uow, former.id)
    target = await CreditBook.open(uow, heir.id)
    for lot in source.lots:
        if lot.left == 0:
            continue
        moved = _rest(lot, heir)
        await target.put(moved)
        target.write("take_over", moved, moved.units, lot.id)
        source.write("hand_over", lot, -lot.left, lot.id)
        await uow.unschedule(CREDITS_EXPIRE, str(lot.id))
        await target.watch(moved)
    await uow.flush()
    await source.close()
    await target.close()


def _rest(lot: CreditLot, heir: Membership) -> CreditLot:
    return CreditLot(
        id=new_id(),
        organisation_id=heir.organisation_id,
        membership_id=heir.id,
        source=lot.source,
        cause=lot.cause,
        units=lot.left,
        price=lot.worth(lot.left),
        tax_code=lot.tax_code,
        visits=lot.visits,
        class_types=lot.class_types,
        granted_at=lot.granted_at,
        expires_at=lot.expires_at,
        lasts_from_use=lot.lasts_from_use,
        left=0,
    )
