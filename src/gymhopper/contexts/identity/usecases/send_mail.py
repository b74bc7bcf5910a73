"""Send one mail that waits."""

from uuid import UUID

import msgspec

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.mail import Mail, MailRefused, mailer
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.queued_mail import QueuedMail
from gymhopper.contexts.identity.mails.rendering import rendered
from gymhopper.contexts.identity.storage.addresses import AddressSeal

log = get_logger(__name__)


async def send_mail(runtime: Runtime, mail_id: UUID) -> None:
    """Send it and forget it; nothing happens when that was done already.

    Raises MailNotSent when it should be tried again. A mail that nobody will take, or whose link
    has expired meanwhile, is forgotten. When the process dies between sending and forgetting it is
    sent twice, with the same Message-ID.
    """
    async with runtime.begin(SERVICE) as uow:
        waiting = await uow.session.get(QueuedMail, mail_id)
    if waiting is None:
        return
    if waiting.expires_at is not None and waiting.expires_at <= runtime.clock.now():
        log.warning("mail_expired", mail_id=str(mail_id), template=waiting.template)
    else:
        await _send(runtime, waiting)
    async with runtime.begin(SERVICE) as uow:
        done = await uow.session.get(QueuedMail, mail_id, with_for_update=True)
        if done is not None:
            await uow.session.delete(done)


async def _send(runtime: Runtime, waiting: QueuedMail) -> None:
    seal = AddressSeal(runtime.secrets)
    content = msgspec.json.decode(seal.open(waiting.id, waiting.content), type=dict[str, str])
    read = rendered(waiting.template, waiting.language, content)
    mail = Mail(
        id=waiting.id,
        to=seal.open(waiting.id, waiting.address),
        subject=read.subject,
        text=read.text,
        html=read.html,
    )
    try:
        await mailer(runtime).send(mail)
    except MailRefused as error:
        log.warning(
            "mail_refused", mail_id=str(waiting.id), template=waiting.template, why=error.detail
        )
