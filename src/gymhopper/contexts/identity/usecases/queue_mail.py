"""Have a mail sent."""

from datetime import datetime

import msgspec

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.queued_mail import QueuedMail
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.kernel.ids import new_id

SEND_MAIL = "identity.send_mail"


async def queue_mail(
    uow: UnitOfWork,
    template: str,
    *,
    to: str,
    content: dict[str, str],
    language: str = "en",
    expires_at: datetime | None = None,
) -> None:
    """Send the template (`mails/templates`), filled with the content, after the commit.

    Until then all of it lies sealed in the database; the job knows only its id. `place` is filled
    in with the platform's address.
    """
    mail_id = new_id()
    seal = AddressSeal(uow.runtime.secrets)
    filled = {"place": uow.runtime.public_url, **content}
    uow.add(
        QueuedMail(
            id=mail_id,
            template=template,
            language=language,
            address=seal.seal(mail_id, to),
            content=seal.seal(mail_id, msgspec.json.encode(filled).decode()),
            created_at=uow.now,
            expires_at=expires_at,
        )
    )
    await uow.defer(SEND_MAIL, mail_id=str(mail_id))
