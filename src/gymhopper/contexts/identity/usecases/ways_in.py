"""Whether an account can still be entered when one of its ways in is gone."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.storage.factor_tables import oidc_subject, passkey
from gymhopper.kernel.errors import Conflict


class LastWayIn(Conflict):
    """Nobody could sign in to the account any more."""

    code = "last_way_in"


async def require_another_way_in(uow: UnitOfWork, account: Account, *, besides: UUID) -> None:
    """Raise LastWayIn when the account, whose row is held, has none but this passkey or provider.

    An address is a way in: links are sent to it, and a password is worth nothing without it. A key
    that seems to have been copied is none.
    """
    if account.email is not None:
        return
    keys = select(passkey.c.id).where(
        passkey.c.account_id == account.id,
        passkey.c.id != besides,
        passkey.c.suspect_since.is_(None),
    )
    subjects = select(oidc_subject.c.id).where(
        oidc_subject.c.account_id == account.id, oidc_subject.c.id != besides
    )
    if await uow.session.scalar(keys.union_all(subjects).limit(1)) is None:
        raise LastWayIn("This is the only way into your account.")
