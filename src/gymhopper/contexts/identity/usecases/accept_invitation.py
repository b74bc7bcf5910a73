"""Accept an invitation: whoever shows its token controls the mailbox that it was sent to."""

import hmac
from uuid import UUID

from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.invitation import Invitation
from gymhopper.contexts.identity.domain.opaque_token import INVITATION, OpaqueToken
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.queries.accounts import account_by_email
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.subjects import SOMEBODY
from gymhopper.contexts.identity.usecases.choose_password import choose_password
from gymhopper.contexts.identity.usecases.finish_sign_in import (
    SecondFactorNeeded,
    active_account,
    finish_sign_in,
)
from gymhopper.contexts.identity.usecases.link_account import link_employee, link_person
from gymhopper.contexts.identity.usecases.open_account import (
    OpenAccount,
    hold_address,
    open_account,
)
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.kernel.errors import NotFound


class InvitationInvalid(NotFound):
    """It is unknown, used, withdrawn or expired: ask for a new one."""

    code = "invitation_invalid"


async def accept_invitation(
    runtime: Runtime, *, token: str, password: str | None, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Make or find the account of the address, link it, and sign in to it.

    The password is for a new account; one that is there keeps its own. Raises InvitationInvalid,
    or WeakPassword, which leaves the invitation good for another try.
    """
    async with runtime.begin(SOMEBODY) as uow:
        held = await held_invitation(uow, token)
        email = AddressSeal(runtime.secrets).open(held.id, held.email)
    # Also for an account that is there: what this takes must not tell.
    hashed = await choose_password(runtime, password, about=[email]) if password else None
    async with runtime.begin(SOMEBODY) as uow:
        held = await held_invitation(uow, token)
        account_id = await _account_of(uow, email, hashed)
        await _link(uow, held, account_id)
        return await finish_sign_in(uow, account_id, method="email_link", device=device)


async def accept_signed_in(uow: UnitOfWork, token: str, *, account_id: UUID) -> None:
    """Link what is offered to the account that is signed in. Raises InvitationInvalid."""
    await _link(uow, await held_invitation(uow, token), account_id)


async def held_invitation(uow: UnitOfWork, token: str) -> Invitation:
    """The open invitation with its row held; InvitationInvalid when there is none."""
    parsed = OpaqueToken.parse(INVITATION, token)
    found = None
    if parsed is not None:
        found = await uow.session.get(
            Invitation, parsed.id, with_for_update=True, populate_existing=True
        )
    if (
        parsed is None
        or found is None
        or not hmac.compare_digest(found.hash, parsed.hash())
        or found.state(uow.now) != "open"
    ):
        raise InvitationInvalid("This invitation is not good any more: ask for a new one.")
    return found


async def _account_of(uow: UnitOfWork, email: str, password_hash: str | None) -> UUID:
    """The account with this address, made if there is none; its address is confirmed with that."""
    await hold_address(uow, email)
    known = await account_by_email(uow.connection, AddressSeal(uow.runtime.secrets).indexes(email))
    if known is None:
        opened = OpenAccount(email=email, password_hash=password_hash)
        account_id = await open_account(uow, opened)
        await uow.flush()
        return account_id
    account = await active_account(uow, known.id)
    if account.email_confirmed_at is None:
        account.email_confirmed_at = uow.now
        account.version += 1
    return account.id


async def _link(uow: UnitOfWork, invitation: Invitation, account_id: UUID) -> None:
    invitation.accept(uow.now)
    if invitation.employee_id is not None:
        await link_employee(
            uow,
            account_id=account_id,
            employee_id=invitation.employee_id,
            organisation_id=invitation.organisation_id,
        )
    elif invitation.person_id is not None:
        await link_person(
            uow,
            account_id=account_id,
            person_id=invitation.person_id,
            organisation_id=invitation.organisation_id,
        )
