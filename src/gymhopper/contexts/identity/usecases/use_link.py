"""Use a link that came by mail."""

import hmac

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.domain.email_link import EmailLink, Purpose
from gymhopper.contexts.identity.domain.opaque_token import LINK, OpaqueToken
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.queries.accounts import account_by_email
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.usecases.finish_sign_in import (
    SecondFactorNeeded,
    active_account,
    finish_sign_in,
)
from gymhopper.contexts.identity.usecases.open_account import (
    AccountExists,
    OpenAccount,
    hold_address,
    open_account,
)
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.contexts.identity.usecases.set_password import set_password
from gymhopper.kernel.errors import Unauthenticated


class LinkInvalid(Unauthenticated):
    """Ask for a new one."""

    code = "link_invalid"


async def held_link(uow: UnitOfWork, token: str, purpose: Purpose) -> EmailLink:
    """The link with its row held; LinkInvalid when it is unknown, used, expired or for another
    purpose."""
    parsed = OpaqueToken.parse(LINK, token)
    link = None
    if parsed is not None:
        link = await uow.session.get(
            EmailLink, parsed.id, with_for_update=True, populate_existing=True
        )
    if (
        parsed is None
        or link is None
        or not hmac.compare_digest(link.hash or bytes(32), parsed.hash())
        or link.purpose != purpose
        or not link.good_at(uow.now)
    ):
        raise LinkInvalid("This link is not good any more: ask for a new one.")
    return link


async def confirm_account(
    uow: UnitOfWork, token: str, password_hash: str, *, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Open the account that was registered, and sign in to it.

    Raises Conflict when another link of the same mailbox has opened one meanwhile.
    """
    link = await held_link(uow, token, "register")
    link.used_at = uow.now
    account_id = await open_account(
        uow,
        OpenAccount(
            email=AddressSeal(uow.runtime.secrets).open(link.id, link.email),
            password_hash=password_hash,
        ),
    )
    await uow.flush()
    return await finish_sign_in(uow, account_id, method="email_link", device=device)


async def sign_in_by_link(
    uow: UnitOfWork, token: str, *, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Sign in; the address is confirmed with that."""
    account = await _used_by(uow, await held_link(uow, token, "sign_in"))
    return await finish_sign_in(uow, account.id, method="email_link", device=device)


async def reset_password(
    uow: UnitOfWork, token: str, password_hash: str, *, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Set a new password, end every session, forget every device, and sign in here."""
    account = await _used_by(uow, await held_link(uow, token, "password"))
    await set_password(uow, account, password_hash)
    return await finish_sign_in(uow, account.id, method="email_link", device=device)


async def confirm_email(uow: UnitOfWork, token: str) -> None:
    """From now on the account uses the address to which the link was sent.

    Raises Conflict when another account has the address.
    """
    link = await held_link(uow, token, "email")
    seal = AddressSeal(uow.runtime.secrets)
    email = seal.open(link.id, link.email)
    await hold_address(uow, email)
    if await account_by_email(uow.connection, seal.indexes(email)) is not None:
        raise AccountExists
    account = await _used_by(uow, link)
    account.email = seal.seal(account.id, email)
    account.email_index = seal.index(email)
    account.email_confirmed_at = uow.now
    account.version += 1


async def _used_by(uow: UnitOfWork, link: EmailLink) -> Account:
    link.used_at = uow.now
    assert link.account_id is not None  # noqa: S101 - only a registration has none
    account = await active_account(uow, link.account_id)
    if account.email_confirmed_at is None:
        account.email_confirmed_at = uow.now
    return account
