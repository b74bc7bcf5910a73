"""Open the page of the provider on which a payer adds a card.

As with the page for a first payment, each step may be repeated: note down what will be asked, ask
under our own id, note down the answer. While a page is open, asking again gives the same one.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.cards import CardPage
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.errors import NotByCard, PageOpening
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.queries.cards import Payer, payer_of
from gymhopper.contexts.billing.storage.card_tables import card_page
from gymhopper.contexts.billing.usecases.fetch_snapshot import SavedCard
from gymhopper.contexts.billing.usecases.notice_cards import expire_card_page, notice_cards
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCardPage:
    """Whoever pays for the membership adds a card, and comes back to one of the addresses."""

    membership_id: UUID
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCardPage:
    """Where to send the person, and until when."""

    page_id: UUID
    url: str
    expires_at: datetime


async def open_card_page(
    runtime: Runtime, provider: PaymentProvider, caller: AuthSubject, command: OpenCardPage
) -> OpenedCardPage:
    """The page that is open, or a new one. Raises NotFound, NotByCard, what the provider raises."""
    async with runtime.read(caller) as connection:
        payer = await payer_of(connection, command.membership_id)
    if payer.customer_id is None:
        raise NotByCard("This is paid at the desk; no card was ever used for it.")
    writer = as_organisation(caller, payer)
    while True:
        async with runtime.begin(writer) as uow:
            page = await _reserve(uow, payer, command)
        await runtime.settle()
        if page.url is None or page.expires_at is None:
            return await _open(runtime, provider, writer, page, payer.customer_id)
        if await _is_open(runtime, provider, page):
            return OpenedCardPage(page_id=page.id, url=page.url, expires_at=page.expires_at)


def as_organisation(caller: AuthSubject, payer: Payer) -> AuthSubject:
    """People see their part of the books; the organisation is who writes them."""
    if caller.person_id is None:
        return caller
    return replace(caller, organisation_id=payer.organisation_id, person_id=None)


async def _reserve(uow: UnitOfWork, payer: Payer, command: OpenCardPage) -> CardPage:
    """The payer's open page, made where it is missing, under the lock of their account."""
    account = await uow.get(BillingAccount, payer.account_id)
    page = await uow.session.scalar(
        select(CardPage).where(
            card_page.c.billing_account_id == account.id, card_page.c.status == "open"
        )
    )
    if page is None:
        page = CardPage(
            id=new_id(),
            organisation_id=account.organisation_id,
            person_id=account.person_id,
            billing_account_id=account.id,
            success_url=command.success_url,
            cancel_url=command.cancel_url,
            created_at=uow.now,
        )
        uow.add(page)
    return page


async def _open(
    runtime: Runtime,
    provider: PaymentProvider,
    writer: AuthSubject,
    page: CardPage,
    customer_id: str,
) -> OpenedCardPage:
    """Ask the provider; two that ask at once get the same page."""
    made = await provider.open_card_page(page, customer_id=customer_id)
    if made.url is None:
        raise PageOpening("The page was used a moment ago. Ask for another one.")
    async with runtime.begin(writer) as uow:
        await uow.connection.execute(
            update(card_page)
            .where(card_page.c.id == page.id)
            .values(provider_id=made.id, url=made.url, expires_at=made.expires_at)
        )
    return OpenedCardPage(page_id=page.id, url=made.url, expires_at=made.expires_at)


async def _is_open(runtime: Runtime, provider: PaymentProvider, page: CardPage) -> bool:
    """Whether it can still be used; what became of it is noted down where it cannot."""
    key = page.provider_id or ""
    found = await provider.checkout(key)
    if found is not None and found.status == "open":
        if found.expires_at > runtime.clock.now():
            return True
        found = await provider.expire_checkout(key)
    async with runtime.begin(SERVICE) as uow:
        if found is not None and found.card_id is not None:
            saved = SavedCard(checkout_id=key, page_id=page.id, card_id=found.card_id)
            await notice_cards(uow, saved)
        else:
            await expire_card_page(uow, key)
    return False
