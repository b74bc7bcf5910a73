"""Challenges for devices to sign: each is given out for one purpose and taken back once."""

import secrets
from uuid import UUID

from sqlalchemy import delete, insert, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.passkey import CHALLENGE_LIFE
from gymhopper.contexts.identity.gateways.passkeys import BadCredential
from gymhopper.contexts.identity.storage.factor_tables import passkey_challenge as table


async def give_challenge(uow: UnitOfWork, account_id: UUID | None) -> bytes:
    """A challenge that nobody was given: to register for the account, or (None) to sign in."""
    challenge = secrets.token_bytes(32)
    # Those that nobody came back for go when others come.
    late = select(table.c.challenge).where(table.c.expires_at <= uow.now).limit(100)
    await uow.connection.execute(
        delete(table).where(table.c.challenge.in_(late.with_for_update(skip_locked=True)))
    )
    await uow.connection.execute(
        insert(table).values(
            challenge=challenge, account_id=account_id, expires_at=uow.now + CHALLENGE_LIFE
        )
    )
    return challenge


async def take_challenge(uow: UnitOfWork, challenge: bytes, account_id: UUID | None) -> None:
    """Use it up; raises BadCredential when it was not given out for this, or too long ago."""
    taken = await uow.connection.execute(
        delete(table)
        .where(
            table.c.challenge == challenge,
            table.c.account_id.is_not_distinct_from(account_id),
            table.c.expires_at > uow.now,
        )
        .returning(table.c.challenge)
    )
    if taken.first() is None:
        raise BadCredential("unknown_challenge")
