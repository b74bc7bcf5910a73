"""Credits go back: to the member after a visit, or to the seller against their price."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import IllegalTransition, NotSoMany
from gymhopper.contexts.membership.usecases.credit_book import CreditBook
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contracts.membership.events import MembershipCreditsRefunded
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


async def give_credit_back(
    uow: UnitOfWork, membership_id: UUID, visit_id: UUID, reason: str
) -> None:
    """Undo what the visit used up, once; the credit is as good as it was, and no longer."""
    book = await CreditBook.open(uow, membership_id)
    spent = await book.entry("spend", visit_id)
    lot = None if spent is None or spent.lot_id is None else book.lot(spent.lot_id)
    if lot is None:
        raise NotFound("No credit was used for a visit with this id.", field="visit_id")
    if await book.entry("give_back", visit_id) is not None:
        raise IllegalTransition("This credit was given back before.")
    if not lot.is_good(uow.now):
        raise IllegalTransition("This credit has expired. Give another one.")
    book.write("give_back", lot, 1, visit_id, reason=reason)
    await book.close()


async def refund_credits(
    uow: UnitOfWork, membership_id: UUID, lot_id: UUID, units: int, reason: str
) -> Money:
    """Take credits that were bought back, for the price of so many units; billing pays it out.

    Raises NotSoMany when fewer are left.
    """
    book = await CreditBook.open(uow, membership_id)
    lot = book.lot(lot_id)
    if lot is None or lot.source != "purchase":
        raise NotFound("There is no lot with this id that was bought.", field="lot_id")
    if units > lot.left:
        raise NotSoMany(f"{lot.left} are left.", field="units")
    refund_id, amount = new_id(), lot.worth(units)
    book.write("refund", lot, -units, refund_id, reason=reason)
    await book.close()
    event = MembershipCreditsRefunded(
        membership=book.membership.state(uow.now),
        lot_id=lot.id,
        refund_id=refund_id,
        claim_id=lot.cause,
        units=units,
        amount=amount,
    )
    await publish(uow, book.membership, event)
    return amount


async def expire_credits(uow: UnitOfWork, membership_id: UUID, lot_id: UUID) -> None:
    """A lot's end has come: what is left of it is lost."""
    book = await CreditBook.open(uow, membership_id)
    lot = book.lot(lot_id)
    if lot is None or lot.is_good(uow.now) or await book.entry("expire", lot_id) is not None:
        return
    lot.expired += lot.left
    book.write("expire", lot, -lot.left, lot_id)
    await book.close()
