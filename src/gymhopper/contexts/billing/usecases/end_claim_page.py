"""A page for a claim has done its work, or can be used no more."""

from uuid import UUID

from sqlalchemy import update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.storage.page_tables import claim_page


async def complete_claim_page(uow: UnitOfWork, claim_id: UUID) -> None:
    """Somebody paid on the claim's page; there is one at a time."""
    await uow.connection.execute(
        update(claim_page)
        .where(claim_page.c.claim_id == claim_id, claim_page.c.status == "open")
        .values(status="complete")
    )


async def expire_claim_page(uow: UnitOfWork, checkout_id: str) -> None:
    """Its time is over."""
    await uow.connection.execute(
        update(claim_page)
        .where(claim_page.c.provider_id == checkout_id, claim_page.c.status == "open")
        .values(status="expired")
    )
