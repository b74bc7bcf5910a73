"""Remove a payer's card, unless it is the last one and something is collected by it."""

from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.cards import Card, RemovedCard, chosen, without
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.errors import MeansInUse
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.queries.cards import Payer, needs_a_card, payer_of, removed_of
from gymhopper.contexts.billing.usecases.notice_cards import defer_following
from gymhopper.contexts.billing.usecases.open_card_page import as_organisation
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id


async def cards_of(
    runtime: Runtime, provider: PaymentProvider, caller: AuthSubject, membership_id: UUID
) -> tuple[Payer, tuple[Card, ...]]:
    """Whoever pays for the membership, and their cards; none at the desk.

    Raises NotFound, and Unavailable when the provider cannot be asked.
    """
    async with runtime.read(caller) as connection:
        payer = await payer_of(connection, membership_id)
    if payer.customer_id is None:
        return payer, ()
    cards = await provider.cards(payer.customer_id, subscription_id=payer.subscription_id)
    return payer, chosen(without(cards, payer.removed), payer.chosen)


async def remove_card(
    runtime: Runtime,
    provider: PaymentProvider,
    caller: AuthSubject,
    membership_id: UUID,
    card_id: str,
) -> None:
    """Never charge it again; the provider hears of it after the commit.

    Raises NotFound, MeansInUse, and what the provider raises. Of two cards that are removed at the
    same time one stays where one is needed: the account's lock has the second see the first.
    """
    payer, cards = await cards_of(runtime, provider, caller, membership_id)
    if all(card.id != card_id for card in cards):
        raise NotFound("There is no card with this id.")
    async with runtime.begin(as_organisation(caller, payer)) as uow:
        account = await uow.get(BillingAccount, payer.account_id)
        removed = await removed_of(uow.connection, account.id)
        if card_id in removed:
            return
        left = without(cards, {*removed, card_id})
        if not left and await needs_a_card(uow.connection, account.id):
            raise MeansInUse(
                "This is the last card that is charged for you. Add another one first."
            )
        uow.add(
            RemovedCard(
                id=new_id(),
                organisation_id=account.organisation_id,
                person_id=account.person_id,
                billing_account_id=account.id,
                card_id=card_id,
                removed_at=uow.now,
            )
        )
        if account.chosen_card == card_id:
            account.chosen_card = None
        await defer_following(uow, account.id)
