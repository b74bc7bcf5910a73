"""Have another of the payer's saved cards charged from now on."""

from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.queries.cards import removed_of
from gymhopper.contexts.billing.usecases.notice_cards import defer_following
from gymhopper.contexts.billing.usecases.open_card_page import as_organisation
from gymhopper.contexts.billing.usecases.remove_card import cards_of
from gymhopper.kernel.errors import NotFound


async def choose_card(
    runtime: Runtime,
    provider: PaymentProvider,
    caller: AuthSubject,
    membership_id: UUID,
    card_id: str,
) -> None:
    """For all that a provider collects from the payer; it hears of it after the commit.

    What could not be collected is tried again with it. Raises NotFound, and what the provider
    raises.
    """
    payer, cards = await cards_of(runtime, provider, caller, membership_id)
    async with runtime.begin(as_organisation(caller, payer)) as uow:
        account = await uow.get(BillingAccount, payer.account_id)
        known = {card.id for card in cards} - await removed_of(uow.connection, account.id)
        if card_id not in known:
            raise NotFound("There is no card with this id.")
        account.chosen_card = card_id
        await defer_following(uow, account.id)
