"""A mail waits sealed until a server has taken it; what failed is tried again, or given up."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from contexts.identity.conftest import Platform
from contexts.identity.mailbox import do_jobs, link_in
from fixtures.mail_server import Inbox, serving
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.mail import MailNotSent
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.context import context as identity
from gymhopper.contexts.identity.mails.rendering import rendered
from gymhopper.contexts.identity.usecases.queue_mail import queue_mail
from gymhopper.contexts.identity.usecases.send_mail import send_mail
from gymhopper.kernel.clock import ManualClock

TEMPLATES = {
    "account_exists",
    "confirm_account",
    "confirm_email",
    "email_changing",
    "password_changed",
    "refresh_token_reused",
    "reset_password",
    "sign_in_link",
}
LINK = "https://gym.example.com/sign-in/link?token=x"
CONTENT = {"link": LINK, "lifetime": "15 minutes"}


async def queue(runtime: Runtime, *, lasting: timedelta = timedelta(hours=1)) -> UUID:
    async with runtime.begin(SERVICE) as uow:
        expires_at = uow.now + lasting
        await queue_mail(
            uow, "sign_in_link", to="ada@example.com", content=CONTENT, expires_at=expires_at
        )
    (mail_id,) = await waiting(runtime)
    return mail_id


async def waiting(runtime: Runtime) -> list[UUID]:
    async with runtime.read(SERVICE) as connection:
        return list((await connection.execute(text("SELECT id FROM identity.mail"))).scalars())


async def test_later_means_again_and_taken_means_forgotten(new_runtime: NewRuntime) -> None:
    inbox = Inbox("451 greylisted")
    with serving(inbox) as port:
        runtime = await new_runtime([identity], smtp_url=f"smtp://127.0.0.1:{port}")
        mail_id = await queue(runtime)
        with pytest.raises(MailNotSent):
            await send_mail(runtime, mail_id)
        assert await waiting(runtime) == [mail_id]

        await send_mail(runtime, mail_id)
        assert await waiting(runtime) == []
        await send_mail(runtime, mail_id)
    (got,) = inbox.taken
    assert link_in(got) == LINK


async def test_a_refused_mail_is_given_up(new_runtime: NewRuntime) -> None:
    inbox = Inbox("550 no such user")
    with serving(inbox) as port:
        runtime = await new_runtime([identity], smtp_url=f"smtp://127.0.0.1:{port}")
        await send_mail(runtime, await queue(runtime))
        assert await waiting(runtime) == []
    assert inbox.taken == []


async def test_a_mail_whose_link_is_dead_is_not_sent(
    new_runtime: NewRuntime, clock: ManualClock
) -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        runtime = await new_runtime([identity], smtp_url=f"smtp://127.0.0.1:{port}")
        mail_id = await queue(runtime, lasting=timedelta(minutes=5))
        clock.advance(timedelta(minutes=5))
        await send_mail(runtime, mail_id)
        assert await waiting(runtime) == []
    assert inbox.taken == []


async def test_the_queue_and_the_table_show_neither_address_nor_link(platform: Platform) -> None:
    await queue(platform.runtime)
    async with platform.runtime.read(SERVICE) as connection:
        jobs = await connection.execute(text("SELECT args::text FROM jobs.procrastinate_jobs"))
        mails = await connection.execute(text("SELECT m::text FROM identity.mail m"))
        stored = "".join([*jobs.scalars(), *mails.scalars()])
    for secret in ("ada@", b"ada@".hex(), "token=x", b"token=x".hex()):
        assert secret not in stored
    assert await do_jobs(platform.runtime) == 1


async def test_a_transaction_that_fails_sends_nothing(platform: Platform) -> None:
    async def fail() -> None:
        async with platform.runtime.begin(SERVICE) as uow:
            await queue_mail(uow, "sign_in_link", to="ada@example.com", content=CONTENT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await waiting(platform.runtime) == []
    assert await do_jobs(platform.runtime) == 0


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_mail_is_whole_in_text_and_html(template: str) -> None:
    content = {"device": "<b>Tool</b>", "place": "https://gym.example.com", **CONTENT}
    read = rendered(template, "en", content)
    assert read.subject
    assert "{" not in read.text + read.html
    assert LINK in read.text.splitlines()
    assert f'href="{LINK}"' in read.html
    assert "<b>" not in read.html


def test_a_language_without_the_mail_has_it_in_english() -> None:
    content = {"place": "https://gym.example.com", **CONTENT}
    assert rendered("sign_in_link", "xx", content).subject == "Your link to sign in"
