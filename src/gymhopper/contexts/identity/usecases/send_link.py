"""Decide what a requested link is, and send it."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.email_link import (
    LIFETIMES,
    PAGES,
    EmailLink,
    Purpose,
    spoken,
)
from gymhopper.contexts.identity.domain.opaque_token import LINK, OpaqueToken
from gymhopper.contexts.identity.queries.accounts import account_by_email
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.usecases.queue_mail import queue_mail

_TEMPLATES: dict[Purpose, str] = {
    "register": "confirm_account",
    "sign_in": "sign_in_link",
    "password": "reset_password",
    "email": "confirm_email",
}


async def send_link(uow: UnitOfWork, link_id: UUID) -> None:
    """Send the link to its address, unless nobody has an account there who could use it.

    Whoever registers with an address that has an account gets a link to sign in instead. Doing it
    again changes nothing.
    """
    link = await uow.session.get(EmailLink, link_id, with_for_update=True)
    if link is None or link.hash is not None:
        return
    seal = AddressSeal(uow.runtime.secrets)
    email = seal.open(link.id, link.email)
    account = await account_by_email(uow.connection, seal.indexes(email))
    template = _TEMPLATES[link.purpose]
    if link.purpose == "register" and account is not None:
        link.purpose = "sign_in"
        link.expires_at = link.created_at + LIFETIMES["sign_in"]
        template = "account_exists"
    if link.purpose in {"sign_in", "password"}:
        if account is None:
            await uow.session.delete(link)
            return
        link.account_id = account.id
    token = OpaqueToken.new(LINK, link.id)
    link.hash = token.hash()
    await queue_mail(
        uow,
        template,
        to=email,
        language=link.language,
        expires_at=link.expires_at,
        content={
            "link": link_to(uow, link.purpose, token),
            "lifetime": spoken(LIFETIMES[link.purpose]),
        },
    )


def link_to(uow: UnitOfWork, purpose: Purpose, token: OpaqueToken) -> str:
    """Where the token is used."""
    return f"{uow.runtime.public_url}{PAGES[purpose]}?token={token.reveal()}"
