"""Sign in with what a provider says of somebody, or add that way in to an account."""

from uuid import UUID

from sqlalchemy import select, text

from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.domain.oidc_subject import OidcSubject
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.gateways.oidc import Identity
from gymhopper.contexts.identity.queries.accounts import account_by_email
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.storage.factor_tables import oidc_subject as table
from gymhopper.contexts.identity.usecases.finish_sign_in import (
    SecondFactorNeeded,
    active_account,
    finish_sign_in,
)
from gymhopper.contexts.identity.usecases.open_account import OpenAccount, open_account
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.contexts.identity.usecases.second_factors import second_factors
from gymhopper.contexts.identity.usecases.tell_holder import tell_holder
from gymhopper.kernel.errors import Conflict
from gymhopper.kernel.ids import new_id

log = get_logger(__name__)

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:whom, 0))")


class AddItYourself(Conflict):
    """Only the account's holder can add this way in: an address alone is not enough."""

    code = "add_provider_yourself"

    def __init__(self) -> None:
        super().__init__(
            "Sign in to your account in another way first, and add this provider there."
        )


async def sign_in_with_oidc(
    uow: UnitOfWork, identity: Identity, *, device: Device, label: str
) -> SignedIn | SecondFactorNeeded:
    """Sign in to the account of this subject.

    Whoever comes for the first time gets the account of the address that the provider vouches for,
    or a new account; `label` is what the holder is told that the provider is called. Raises
    AddItYourself when that account is better protected than its mailbox.
    """
    found = await _known(uow, identity)
    if found is None:
        account_id = await _account_for(uow, identity, label)
        _add(uow, identity, account_id)
    else:
        account_id = found.account_id
        found.last_used_at = uow.now
    await uow.flush()
    return await finish_sign_in(uow, account_id, method="oidc", device=device)


async def add_oidc_subject(
    uow: UnitOfWork, identity: Identity, account_id: UUID, *, label: str
) -> None:
    """From now on this subject signs in to the account; Conflict when it does to another one.

    `label` is what the holder is told that the provider is called.
    """
    account = await active_account(uow, account_id)
    found = await _known(uow, identity)
    if found is None:
        _add(uow, identity, account_id)
        await tell_holder(uow, account, "provider_added", provider=label)
    elif found.account_id != account_id:
        raise Conflict("This signs in to another account already.", code="provider_in_use")


async def _known(uow: UnitOfWork, identity: Identity) -> OidcSubject | None:
    # Somebody who comes for the first time, twice at once, is one person.
    whom = f"{identity.issuer} {identity.subject}"
    await uow.connection.execute(_ONE_AT_A_TIME, {"whom": whom})
    query = select(OidcSubject).where(
        table.c.issuer == identity.issuer, table.c.subject == identity.subject
    )
    found: OidcSubject | None = await uow.session.scalar(query)
    return found


async def _account_for(uow: UnitOfWork, identity: Identity, label: str) -> UUID:
    if identity.email is None:
        return _account_without_address(uow)
    indexes = AddressSeal(uow.runtime.secrets).indexes(identity.email)
    found = await account_by_email(uow.connection, indexes)
    if found is None:
        return await open_account(uow, OpenAccount(email=identity.email))
    account = await active_account(uow, found.id)
    # An address that was never confirmed may have been taken by somebody else, with a password of
    # theirs. A mailbox must not open what its holder has closed with a second factor. And whoever
    # runs a provider must not become an administrator by naming one.
    delicate = account.email_confirmed_at is None or account.administrator
    if delicate or await second_factors(uow, found.id):
        log.info("oidc_account_not_linked", account_id=str(found.id))
        raise AddItYourself
    await tell_holder(uow, account, "provider_added", provider=label)
    return found.id


def _account_without_address(uow: UnitOfWork) -> UUID:
    account_id = new_id()
    uow.add(
        Account(
            id=account_id,
            email=None,
            email_index=None,
            email_confirmed_at=None,
            created_at=uow.now,
        )
    )
    return account_id


def _add(uow: UnitOfWork, identity: Identity, account_id: UUID) -> None:
    uow.add(
        OidcSubject(
            id=new_id(),
            account_id=account_id,
            issuer=identity.issuer,
            subject=identity.subject,
            created_at=uow.now,
            last_used_at=uow.now,
        )
    )
