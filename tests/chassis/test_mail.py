"""Mail reaches a real SMTP server, or a folder; what fails says whether to try again."""

import asyncio
import ssl
import subprocess
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from fixtures.mail_server import Inbox, serving
from gymhopper.chassis.mail import Mail, MailFolder, MailNotSent, MailRefused, SmtpServer
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.ids import new_id

CLOCK = ManualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
SENDER = "Gym <hello@gym.example.com>"


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def mail(to: str = "ada@example.com") -> Mail:
    return Mail(
        id=new_id(),
        to=to,
        subject="Grüße aus der Halle: 你好",
        text="Schön, dass du da bist.\n\nhttps://gym.example.com/x?token=" + "a" * 150 + "\n",
        html="<p>Schön</p>",
    )


async def test_a_mail_arrives_whole_in_every_script() -> None:
    inbox, sent = Inbox(), mail("ädä@exämple.com")
    with serving(inbox) as port:
        await SmtpServer(f"smtp://127.0.0.1:{port}", SENDER, CLOCK).send(sent)

    (got,) = inbox.taken
    assert inbox.recipients == ["ädä@exämple.com"]
    assert got["Subject"] == sent.subject
    assert (got["From"], got["Auto-Submitted"]) == (SENDER, "auto-generated")
    assert got["Message-ID"] == f"<{sent.id}@gym.example.com>"
    assert got["Date"].datetime == CLOCK.now()
    parts = {part.get_content_type(): part.get_content() for part in got.iter_parts()}
    assert parts["text/plain"].replace("\r\n", "\n") == sent.text
    assert parts["text/html"].strip() == sent.html


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ("451 try again", MailNotSent),
        ("421 too busy", MailNotSent),
        ("550 no such user ada@example.com", MailRefused),
        ("554 looks like spam", MailRefused),
    ],
)
async def test_the_servers_answer_decides_whether_trying_again_helps(
    answer: str, failure: type[Exception]
) -> None:
    inbox = Inbox(answer)
    with serving(inbox) as port:
        with pytest.raises(failure) as failed:
            await SmtpServer(f"smtp://localhost:{port}", SENDER, CLOCK).send(mail())
        # What the server said may name somebody; a traceback of ours does not.
        assert "ada@example.com" not in failed.value.detail
        assert failed.value.__suppress_context__
        await SmtpServer(f"smtp://localhost:{port}", SENDER, CLOCK).send(mail())
    assert len(inbox.taken) == 1


async def test_a_refused_recipient_is_refused_for_good() -> None:
    class Refusing(Inbox):
        async def handle_RCPT(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name for it
            return "550 nobody"

    with serving(Refusing()) as port, pytest.raises(MailRefused):
        await SmtpServer(f"smtp://127.0.0.1:{port}", SENDER, CLOCK).send(mail())


async def test_a_connection_that_breaks_is_tried_again() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(MailNotSent):
            await SmtpServer(f"smtp://127.0.0.1:{port}", SENDER, CLOCK).send(mail())
    with pytest.raises(MailNotSent):
        await SmtpServer(f"smtp://127.0.0.1:{port}", SENDER, CLOCK).send(mail())


@pytest.mark.parametrize("user", ["gym:s3cret%2F%3A%40", "gym:wrong"])
async def test_the_server_is_given_name_and_password(user: str) -> None:
    inbox = Inbox()
    with serving(inbox, authenticator=inbox.authenticate, auth_require_tls=False) as port:
        server = SmtpServer(f"smtp://{user}@127.0.0.1:{port}", SENDER, CLOCK)
        if user.endswith("wrong"):
            with pytest.raises(MailNotSent) as failed:
                await server.send(mail())
            assert "wrong" not in failed.value.detail
        else:
            await server.send(mail())
    assert len(inbox.taken) == (0 if user.endswith("wrong") else 1)
    assert set(inbox.signed_in) == {b"gym"}


@pytest.fixture
def self_made(tmp_path: Path) -> ssl.SSLContext:
    """A certificate for this machine that no authority has signed."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost".split()
    command = ["openssl", *words, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    self_made: ssl.SSLContext,
) -> None:
    inbox = Inbox()
    with serving(inbox, tls_context=self_made) as port, pytest.raises(MailNotSent):
        await SmtpServer(f"smtp://localhost:{port}", SENDER, CLOCK).send(mail())
    assert inbox.taken == []


@pytest.mark.parametrize("url", ["", "localhost:25", "http://localhost", "smtp://"])
def test_another_address_than_a_mail_servers_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        SmtpServer(url, SENDER, CLOCK)


@pytest.mark.parametrize("to", ["", "a b@example.com", "ada@example.com\r\nBcc: x@y.z", "@x"])
async def test_what_cannot_be_an_address_is_refused_before_anything_is_sent(
    to: str, tmp_path: Path
) -> None:
    with pytest.raises(MailRefused):
        await MailFolder(tmp_path / "mail", SENDER, CLOCK).send(mail(to))
    assert files(tmp_path) == []


async def test_without_a_server_mails_are_files_for_the_owners_eyes(tmp_path: Path) -> None:
    sent = mail()
    await MailFolder(tmp_path / "mail", SENDER, CLOCK).send(sent)

    (file,) = files(tmp_path / "mail")
    assert file.name == f"{sent.id}.eml"
    assert file.stat().st_mode & 0o777 == 0o600
    got = message_from_bytes(file.read_bytes(), EmailMessage, policy=policy.default)
    assert (got["To"], got["Subject"]) == (sent.to, sent.subject)
