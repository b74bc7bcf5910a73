"""Who pays for a membership, and what of theirs a card is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.domain.provider import ENDED
from gymhopper.contexts.billing.storage.card_tables import removed_card
from gymhopper.contexts.billing.storage.tables import billing_account, claim, dues, subscription
from gymhopper.kernel.errors import NotFound

_COLLECTS = and_(
    subscription.c.provider != AT_THE_DESK,
    subscription.c.provider_id.is_not(None),
    subscription.c.status.not_in(ENDED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who pays for a membership, and as whom the provider knows them.

    `subscription_id` is the provider's, of what collects for the membership.
    """

    account_id: UUID
    organisation_id: UUID
    person_id: UUID | None
    customer_id: str | None
    subscription_id: str | None
    removed: frozenset[str]
    chosen: str | None


async def payer_of(connection: AsyncConnection, membership_id: UUID) -> Payer:
    """NotFound unless both the membership's money and its payer are visible."""
    row = (
        await connection.execute(
            select(
                dues.c.id,
                billing_account.c.id.label("account_id"),
                billing_account.c.organisation_id,
                billing_account.c.person_id,
                billing_account.c.provider_customer_id,
                billing_account.c.chosen_card,
            )
            .join(billing_account, dues.c.billing_account_id == billing_account.c.id)
            .where(dues.c.membership_id == membership_id, dues.c.kind == "membership")
        )
    ).one_or_none()
    if row is None:
        raise NotFound("Nothing was ever to be paid here for a membership with this id.")
    collecting = await connection.scalar(
        select(subscription.c.provider_id).where(subscription.c.dues_id == row.id, _COLLECTS)
    )
    return Payer(
        account_id=row.account_id,
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        customer_id=row.provider_customer_id,
        subscription_id=collecting,
        removed=await removed_of(connection, row.account_id),
        chosen=row.chosen_card,
    )


async def removed_of(connection: AsyncConnection, account_id: UUID) -> frozenset[str]:
    """The payer's cards that were removed, also those that the provider still has."""
    found = await connection.execute(
        select(removed_card.c.card_id).where(removed_card.c.billing_account_id == account_id)
    )
    return frozenset(found.scalars())


async def collecting_of(connection: AsyncConnection, account_id: UUID) -> Sequence[str]:
    """The provider's ids of all that collects from the payer."""
    found = await connection.execute(
        select(subscription.c.provider_id)
        .join(dues, subscription.c.dues_id == dues.c.id)
        .where(dues.c.billing_account_id == account_id, _COLLECTS)
        .order_by(subscription.c.id)
    )
    return found.scalars().all()


async def failed_invoices_of(connection: AsyncConnection, account_id: UUID) -> Sequence[Any]:
    """What a provider could not collect from the payer, those of a subscription together."""
    found = await connection.execute(
        select(
            claim.c.provider_invoice_id.label("invoice_id"),
            subscription.c.provider_id.label("subscription_id"),
        )
        .outerjoin(subscription, claim.c.subscription_id == subscription.c.id)
        .where(_owed_by(account_id))
        .order_by(claim.c.subscription_id, claim.c.id)
    )
    return found.all()


async def needs_a_card(connection: AsyncConnection, account_id: UUID) -> bool:
    """Whether something collects from the payer, or could not be collected."""
    owed = await connection.execute(select(claim.c.id).where(_owed_by(account_id)).limit(1))
    return owed.first() is not None or bool(await collecting_of(connection, account_id))


def _owed_by(account_id: UUID) -> ColumnElement[bool]:
    """Of a first payment nothing is owed until it was made."""
    return and_(
        claim.c.billing_account_id == account_id,
        claim.c.provider != AT_THE_DESK,
        claim.c.status.in_(("open", "failed")),
        claim.c.outstanding > 0,
        or_(claim.c.first.is_(False), claim.c.paid_at.is_not(None)),
    )
