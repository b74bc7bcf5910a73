"""The way in: the first account and the first key of an installation cannot be made with a key.

Only for whoever holds the machine: there is no route to any of this.
"""

from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.audit.acts import CONSOLE, Act
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.domain.email import checked_email
from gymhopper.contexts.identity.domain.email_link import EmailLink
from gymhopper.contexts.identity.domain.opaque_token import LINK, OpaqueToken
from gymhopper.contexts.identity.queries.accounts import account_by_email
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.usecases.choose_password import choose_password
from gymhopper.contexts.identity.usecases.create_api_key import CreateApiKey, create_api_key
from gymhopper.contexts.identity.usecases.open_account import OpenAccount, open_account
from gymhopper.contexts.identity.usecases.send_link import link_to
from gymhopper.contexts.identity.usecases.set_password import set_password
from gymhopper.kernel.ids import new_id

LINK_FOR = timedelta(days=1)
"""How long the link that sets an administrator's password is good."""


async def create_administrator(runtime: Runtime, name: str) -> str:
    """Make a key that acts for all organisations with every scope; returns its token."""
    async with runtime.begin(SERVICE) as uow:
        created = await create_api_key(
            uow, CreateApiKey(organisation_id=None, name=name, kind="staff", scopes=("*",))
        )
        uow.note_act(
            Act(
                action="made_administrator",
                actor=CONSOLE,
                operation="admin create",
                about=(("identity.api_key", created.key.id),),
            )
        )
    return created.token


async def create_administrator_account(
    runtime: Runtime, *, email: str, name: str | None = None, password: str | None = None
) -> str | None:
    """Make an account that acts for the whole platform, or let the one with this address do so.

    Without a password, returns the address of a page that sets one: good once, for a day.
    Raises InvalidInput for what cannot be an address, and WeakPassword.
    """
    email = checked_email(email)
    about = [each for each in (email, name) if each]
    chosen = None if password is None else await choose_password(runtime, password, about=about)
    async with runtime.begin(SERVICE) as uow:
        account = await _account(uow, email, name)
        account.administrator = True
        account.version += 1
        if chosen is not None:
            await set_password(uow, account, chosen)
            return None
        return _password_page(uow, account.id, email)


async def _account(uow: UnitOfWork, email: str, name: str | None) -> Account:
    indexes = AddressSeal(uow.runtime.secrets).indexes(email)
    found = await account_by_email(uow.connection, indexes)
    account_id = found.id if found else await open_account(uow, OpenAccount(email=email, name=name))
    await uow.flush()
    return await uow.get(Account, account_id)


def _password_page(uow: UnitOfWork, account_id: UUID, email: str) -> str:
    link_id = new_id()
    token = OpaqueToken.new(LINK, link_id)
    uow.add(
        EmailLink(
            id=link_id,
            purpose="password",
            account_id=account_id,
            hash=token.hash(),
            email=AddressSeal(uow.runtime.secrets).seal(link_id, email),
            created_at=uow.now,
            expires_at=uow.now + LINK_FOR,
        )
    )
    return link_to(uow, "password", token)
