"""Ask to leave without signing in. Whether anybody is known here makes no difference."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Uuid, cast, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.mail import Mail, MailRefused, mailer
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.leaving_request import (
    LIFETIME,
    LINKS_AN_HOUR,
    Claim,
    LeavingRequest,
)
from gymhopper.contexts.membership.domain.receipt import Act
from gymhopper.contexts.membership.mails import leaving_mail
from gymhopper.contexts.membership.queries.members import member_details
from gymhopper.contexts.membership.storage import leaving_tables, tables
from gymhopper.contexts.membership.storage.leaving_link import LeavingSeal
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.kernel.ids import new_id

SEND_LEAVING_LINK = "membership.send_leaving_link"
PAGE = "/leave"

_HOUR = timedelta(hours=1)

log = get_logger(__name__)


async def request_leaving(
    uow: UnitOfWork, organisation_id: UUID, act: Act, claim: Claim, language: str
) -> None:
    """Store what was asked for; a job decides whether a link is sent.

    So the answer, the work and the time are the same for everybody.
    """
    request_id = new_id()
    uow.add(
        LeavingRequest(
            id=request_id,
            organisation_id=organisation_id,
            act=act,
            claim=LeavingSeal(uow.runtime.secrets).seal(request_id, claim),
            language=language,
            created_at=uow.now,
            expires_at=uow.now + LIFETIME,
        )
    )
    await uow.defer(SEND_LEAVING_LINK, request_id=str(request_id))


async def send_leaving_link(runtime: Runtime, request_id: UUID) -> None:
    """Send the link to the mailbox that is known of the members who are meant, if there are any.

    Raises MailNotSent when it should be tried again. Done again it sends the same mail.
    """
    async with runtime.begin(SERVICE) as uow:
        request = await uow.session.get(LeavingRequest, request_id, with_for_update=True)
        if request is None or request.expires_at <= uow.now:
            return
        if request.member_ids is None:
            request.member_ids = await _meant(uow, request)
        members = request.member_ids
        if not members:
            return
        known = await member_details(uow.connection, members[0], runtime.secrets)
    if known.contact.email is None:
        return
    token = LeavingSeal(runtime.secrets).token(request_id)
    subject, text, html = leaving_mail(
        request.act, request.language, f"{runtime.public_url}{PAGE}/link?token={token}"
    )
    try:
        await mailer(runtime).send(
            Mail(id=request_id, to=known.contact.email, subject=subject, text=text, html=html)
        )
    except MailRefused as error:
        log.warning("mail_refused", request_id=str(request_id), why=error.detail)


async def sweep_leaving_requests(uow: UnitOfWork) -> None:
    """Nothing depends on it: what it takes away has expired."""
    expires = leaving_tables.leaving_request.c.expires_at
    await uow.connection.execute(delete(leaving_tables.leaving_request).where(expires <= uow.now))


async def _meant(uow: UnitOfWork, request: LeavingRequest) -> list[UUID]:
    """The members who share the mailbox that the claim names; none when it names none, or when
    that one got several links just now."""
    claim = LeavingSeal(uow.runtime.secrets).open(request.id, request.claim)
    member, person = tables.member.c, tables.person.c
    asked = (
        select(member.id)
        .join(tables.person, person.id == member.person_id)
        .where(member.organisation_id == request.organisation_id)
        .where(member.status == "active")
        .where(person.email_index.is_not(None))
        .order_by(member.id)
    )
    if claim.email is not None:
        indexes = ContactSeal(uow.runtime.secrets).email_indexes(claim.email)
        asked = asked.where(person.email_index.in_(indexes))
    if claim.member_number is not None:
        asked = asked.where(member.number == claim.member_number)
    found = list((await uow.connection.execute(asked)).scalars())
    earlier = leaving_tables.leaving_request.c
    sent = select(func.count()).where(
        earlier.organisation_id == request.organisation_id,
        earlier.created_at > uow.now - _HOUR,
        earlier.member_ids.overlap(cast(found, ARRAY(Uuid))),
    )
    count = (await uow.connection.execute(sent)).scalar_one()
    return found if count < LINKS_AN_HOUR else []
