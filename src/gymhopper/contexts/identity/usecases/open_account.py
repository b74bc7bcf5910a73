"""Make an account."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.queries import accounts as queries
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.kernel.errors import Conflict
from gymhopper.kernel.ids import new_id

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:address, 0))")


class AccountExists(Conflict):
    """Only ever told to whoever controls the mailbox, or the machine."""

    code = "account_exists"

    def __init__(self) -> None:
        super().__init__("There is an account with this address already: sign in to it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """Whoever opens it has shown that the address is theirs, or answers for that."""

    email: str = field(repr=False)
    password_hash: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    administrator: bool = False
    confirmed: bool = True


async def open_account(uow: UnitOfWork, command: OpenAccount) -> UUID:
    """Make the account; AccountExists when one with this address is active."""
    seal = AddressSeal(uow.runtime.secrets)
    indexes = seal.indexes(command.email)
    await hold_address(uow, command.email)
    if await queries.account_by_email(uow.connection, indexes) is not None:
        raise AccountExists
    account_id = new_id()
    uow.add(
        Account(
            id=account_id,
            email=seal.seal(account_id, command.email),
            email_index=indexes[0],
            email_confirmed_at=uow.now if command.confirmed else None,
            name=seal.seal(account_id, command.name) if command.name else None,
            password_hash=command.password_hash,
            administrator=command.administrator,
            created_at=uow.now,
        )
    )
    return account_id


async def hold_address(uow: UnitOfWork, email: str) -> None:
    """Let one transaction at a time give the address to an account: it may stand under an older
    key, which no unique index would see."""
    oldest = AddressSeal(uow.runtime.secrets).indexes(email)[-1]
    await uow.connection.execute(_ONE_AT_A_TIME, {"address": oldest.hex()})
