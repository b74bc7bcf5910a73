"""Does the jobs that wait, and reads the mails that they wrote."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.jobs import jobs

_TAKE = text(
    "DELETE FROM jobs.procrastinate_jobs WHERE id ="
    " (SELECT min(id) FROM jobs.procrastinate_jobs WHERE task_name LIKE 'identity.%')"
    " RETURNING task_name, args"
)


async def do_jobs(runtime: Runtime) -> int:
    """Do identity's jobs until none is left; returns how many there were."""
    count = 0
    while True:
        async with runtime.begin(SERVICE) as uow:
            row = (await uow.connection.execute(_TAKE)).one_or_none()
        if row is None:
            return count
        arguments = {name: value for name, value in row.args.items() if name != "correlation"}
        await jobs.all[row.task_name].handler(runtime, **arguments)
        count += 1


async def mails(runtime: Runtime) -> list[EmailMessage]:
    """All mails so far, the oldest first, after the jobs that wait."""
    await do_jobs(runtime)
    folder = runtime.settings.data_folder / "mail"
    files = sorted(folder.glob("*.eml"))
    return [
        message_from_bytes(each.read_bytes(), EmailMessage, policy=policy.default) for each in files
    ]


async def last_mail(runtime: Runtime) -> EmailMessage:
    """The latest mail."""
    return (await mails(runtime))[-1]


def body_of(mail: EmailMessage) -> str:
    """Its text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def link_in(mail: EmailMessage) -> str:
    """The address in the mail."""
    found = re.search(r"^https?://\S+$", body_of(mail), re.MULTILINE)
    assert found is not None
    return found[0]


def token_in(mail: EmailMessage) -> str:
    """The token in the mail's link."""
    return parse_qs(urlsplit(link_in(mail)).query)["token"][0]
