"""What happens after somebody proved one factor: a session, or the question for another factor."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.domain.opaque_token import PENDING, OpaqueToken
from gymhopper.contexts.identity.domain.pending import PENDING_FOR, PendingSignIn
from gymhopper.contexts.identity.domain.session import SUFFICIENT, Device, Method
from gymhopper.contexts.identity.usecases.open_session import SignedIn, open_session
from gymhopper.contexts.identity.usecases.second_factors import second_factors
from gymhopper.kernel.errors import Unauthenticated
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    """One of `methods` is asked for; the token says for which sign-in, until `expires_at`."""

    token: str = field(repr=False)
    methods: frozenset[Method]
    expires_at: datetime


async def finish_sign_in(
    uow: UnitOfWork, account_id: UUID, *, method: Method, device: Device
) -> SignedIn | SecondFactorNeeded:
    """Sign the account in after `method` was proved.

    Raises Unauthenticated when the account was closed meanwhile.
    """
    account = await active_account(uow, account_id)
    asked = frozenset() if method in SUFFICIENT else await second_factors(uow, account_id)
    if not asked:
        return await open_session(uow, account, methods=(method,), device=device)
    pending_id = new_id()
    token = OpaqueToken.new(PENDING, pending_id)
    pending = PendingSignIn(
        id=pending_id,
        account_id=account_id,
        hash=token.hash(),
        method=method,
        client=device.client,
        created_at=uow.now,
        expires_at=uow.now + PENDING_FOR,
    )
    uow.add(pending)
    return SecondFactorNeeded(token.reveal(), asked, pending.expires_at)


async def active_account(uow: UnitOfWork, account_id: UUID) -> Account:
    """The account with its row held; Unauthenticated when it cannot sign in."""
    account = await uow.session.get(
        Account, account_id, with_for_update=True, populate_existing=True
    )
    if account is None or account.status != "active":
        raise Unauthenticated("This account cannot sign in.")
    return account
