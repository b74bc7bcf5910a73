"""Take note that a payer may have another card, and have all that follows from it done."""

from uuid import UUID

from sqlalchemy import or_, select, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.cards import CardPage
from gymhopper.contexts.billing.storage.card_tables import card_page
from gymhopper.contexts.billing.storage.tables import billing_account, claim
from gymhopper.contexts.billing.usecases.fetch_snapshot import OtherCards, SavedCard

FOLLOW = "billing.follow_cards"


async def notice_cards(uow: UnitOfWork, news: SavedCard | OtherCards) -> str | None:
    """Returns None when it is about a payer of ours, else why it is not."""
    if isinstance(news, SavedCard):
        return await _page_completed(uow, news)
    accounts = await uow.connection.execute(
        select(billing_account.c.id).where(
            billing_account.c.provider_customer_id == news.customer_id
        )
    )
    known = list(accounts.scalars())
    for each in known:
        if await _owes(uow, each):
            await defer_following(uow, each)
    return None if known else f"{news.customer_id} is not ours"


async def _page_completed(uow: UnitOfWork, saved: SavedCard) -> str | None:
    found = await uow.session.scalars(
        select(CardPage)
        .where(
            or_(card_page.c.provider_id == saved.checkout_id, card_page.c.id == saved.page_id),
        )
        .with_for_update()
    )
    page = found.one_or_none()
    if page is None:
        return f"{saved.checkout_id} is not ours"
    if page.status != "complete":
        # What is added later is charged, whatever was chosen before.
        await uow.connection.execute(
            update(billing_account)
            .where(billing_account.c.id == page.billing_account_id)
            .values(chosen_card=None)
        )
    page.complete(saved.checkout_id, saved.card_id)
    await defer_following(uow, page.billing_account_id)
    return None


async def expire_card_page(uow: UnitOfWork, checkout_id: str) -> None:
    """A page whose time is over can be used no more."""
    await uow.connection.execute(
        update(card_page)
        .where(card_page.c.provider_id == checkout_id, card_page.c.status == "open")
        .values(status="expired")
    )


async def _owes(uow: UnitOfWork, account_id: UUID) -> bool:
    """Whether something of this payer's was tried in vain: most news of cards are no concern."""
    found = await uow.connection.execute(
        select(claim.c.id)
        .where(claim.c.billing_account_id == account_id, claim.c.status == "failed")
        .limit(1)
    )
    return found.first() is not None


async def defer_following(uow: UnitOfWork, account_id: UUID, *, failures: int = 0) -> None:
    """Have the provider asked after the commit; one job at a time for each payer."""
    await uow.defer(
        FOLLOW, lock=f"{FOLLOW}:{account_id}", account_id=str(account_id), failures=failures
    )
