"""Tell an account's holder what happened to it."""

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.usecases.queue_mail import queue_mail

FORGOT_PAGE = "/sign-in/forgot"


async def tell_holder(uow: UnitOfWork, account: Account, template: str, **content: str) -> None:
    """Send a mail about the account, where it has an address. `link` is filled in with the page
    that sends a link to set a new password."""
    if account.email is None:
        return
    await queue_mail(
        uow,
        template,
        to=AddressSeal(uow.runtime.secrets).open(account.id, account.email),
        language=account.language,
        content={"link": uow.runtime.public_url + FORGOT_PAGE, **content},
    )
