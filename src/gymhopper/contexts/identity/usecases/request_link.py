"""Ask for a link by mail. Whether anybody has the address makes no difference here."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.attempts import (
    LINKS_FROM_NETWORK,
    LINKS_TO_ADDRESS,
    TooManyAttempts,
    Tried,
)
from gymhopper.contexts.identity.domain.email_link import LIFETIMES, EmailLink, Purpose
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.usecases.count_attempts import count_attempt
from gymhopper.kernel.ids import new_id

SEND_LINK = "identity.send_link"


async def request_link(
    uow: UnitOfWork,
    purpose: Purpose,
    *,
    email: str,
    device: Device,
    account_id: UUID | None = None,
) -> None:
    """Store what was asked for; a job decides whether and what is sent.

    So the answer, the work and the time are the same for every address. When the address got
    several mails just now nothing more is sent, silently: a good one is in the mailbox.

    Raises TooManyAttempts for a network that asks too often.
    """
    seal = AddressSeal(uow.runtime.secrets)
    # A device that signed in somewhere is counted by itself: neighbours do not use it up.
    await count_attempt(uow, [Tried(LINKS_FROM_NETWORK, str(device.id or device.network))])
    try:
        await count_attempt(uow, [Tried(LINKS_TO_ADDRESS, f"{purpose} {seal.index(email).hex()}")])
    except TooManyAttempts:
        return
    link_id = new_id()
    uow.add(
        EmailLink(
            id=link_id,
            purpose=purpose,
            account_id=account_id,
            email=seal.seal(link_id, email),
            created_at=uow.now,
            expires_at=uow.now + LIFETIMES[purpose],
        )
    )
    await uow.defer(SEND_LINK, link_id=str(link_id))
