"""Take a provider away from the ways into an account."""

from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.oidc_subject import OidcSubject
from gymhopper.contexts.identity.storage.factor_tables import oidc_subject, passkey
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.kernel.errors import Conflict, NotFound


async def remove_oidc_subject(uow: UnitOfWork, subject_id: UUID, account_id: UUID) -> None:
    """The provider signs nobody in to the account any more.

    Raises NotFound when the account has none with this id, and Conflict when there would be no way
    in left. An address is a way in: links are sent to it.
    """
    account = await active_account(uow, account_id)
    found = await uow.session.get(OidcSubject, subject_id)
    if found is None or found.account_id != account_id:
        raise NotFound("There is no provider of your account with this id.")
    if account.email is None and not await _others(uow, subject_id, account_id):
        raise Conflict("This is the only way into your account.", code="last_way_in")
    await uow.session.delete(found)


async def _others(uow: UnitOfWork, subject_id: UUID, account_id: UUID) -> bool:
    keys = select(passkey.c.id).where(
        passkey.c.account_id == account_id, passkey.c.suspect_since.is_(None)
    )
    subjects = select(oidc_subject.c.id).where(
        oidc_subject.c.account_id == account_id, oidc_subject.c.id != subject_id
    )
    return await uow.session.scalar(keys.union_all(subjects).limit(1)) is not None
