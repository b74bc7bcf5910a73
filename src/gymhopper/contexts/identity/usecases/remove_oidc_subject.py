"""Take a provider away from the ways into an account."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.oidc_subject import OidcSubject
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.contexts.identity.usecases.ways_in import require_another_way_in
from gymhopper.kernel.errors import NotFound


async def remove_oidc_subject(uow: UnitOfWork, subject_id: UUID, account_id: UUID) -> None:
    """The provider signs nobody in to the account any more.

    Raises NotFound when the account has none with this id, and LastWayIn.
    """
    account = await active_account(uow, account_id)
    found = await uow.session.get(OidcSubject, subject_id)
    if found is None or found.account_id != account_id:
        raise NotFound("There is no provider of your account with this id.")
    await require_another_way_in(uow, account, besides=subject_id)
    await uow.session.delete(found)
