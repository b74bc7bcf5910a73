"""What a billing account has to use up, and how that came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.keyset import paged
from gymhopper.contexts.billing.domain.credit import Credit
from gymhopper.contexts.billing.storage.credit_tables import credit, movement
from gymhopper.contexts.billing.storage.tables import billing_account
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCredit:
    """All credit of an account, and whose account it is."""

    account: Row[Any]
    credits: Sequence[Credit]


async def account_credit(
    connection: AsyncConnection, account_id: UUID, legal_entity_id: UUID | None = None
) -> AccountCredit:
    """By seller and currency; NotFound when the account is not visible."""
    found = await connection.execute(
        select(billing_account).where(billing_account.c.id == account_id)
    )
    account = found.one_or_none()
    if account is None:
        raise NotFound("There is no billing account with this id.")
    query = select(credit).where(credit.c.billing_account_id == account_id)
    if legal_entity_id is not None:
        query = query.where(credit.c.legal_entity_id == legal_entity_id)
    rows = await connection.execute(query.order_by(credit.c.id))
    return AccountCredit(account=account, credits=[Credit(**row) for row in rows.mappings()])


async def movements(
    connection: AsyncConnection,
    account_id: UUID,
    legal_entity_id: UUID | None = None,
    *,
    after: UUID | None = None,
    limit: int,
) -> Sequence[Row[Any]]:
    """How it came and went, the newest first; NotFound when the account is not visible."""
    owned = await account_credit(connection, account_id, legal_entity_id)
    query = paged(
        select(movement, credit.c.legal_entity_id, credit.c.currency).join(
            credit, movement.c.credit_id == credit.c.id
        ),
        movement.c,
        (("id", True),),
        None if after is None else (after,),
    ).limit(limit)
    rows: Sequence[Row[Any]] = (
        await connection.execute(
            query.where(movement.c.credit_id.in_([each.id for each in owned.credits]))
        )
    ).all()
    return rows
