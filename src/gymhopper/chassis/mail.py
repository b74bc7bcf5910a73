"""Mail that leaves the platform: over SMTP, or into a folder where there is no server."""

import asyncio
import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from gymhopper.chassis.runtime import Runtime
from gymhopper.kernel.clock import Clock
from gymhopper.kernel.errors import GymhopperError, InvalidInput

_TIMEOUT = 30.0
_PORTS = {"smtp": 587, "smtps": 465}


class MailNotSent(GymhopperError):
    """Nobody took the mail now; later somebody may. It says why and names nobody."""

    code = "mail_not_sent"
    status = 503


class MailRefused(GymhopperError):
    """Nobody will ever take this mail: its address or its content is refused for good."""

    code = "mail_refused"
    status = 502


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one address. A repeat has the same id, and so the same Message-ID."""

    id: UUID
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


class Mailer(Protocol):
    """Something that sends mail."""

    async def send(self, mail: Mail) -> None:
        """Hand it over; MailNotSent when trying again may help, MailRefused when it will not."""
        ...


def mailer(runtime: Runtime) -> Mailer:
    """What sends this installation's mail, by its settings."""
    settings = runtime.settings
    if settings.smtp_url is None:
        return MailFolder(settings.data_folder / "mail", settings.mail_from, runtime.clock)
    return SmtpServer(settings.smtp_url.get_secret_value(), settings.mail_from, runtime.clock)


class SmtpServer:
    """An SMTP server (RFC 5321) by URL: `smtp://user:password@host:587`, `smtps://...:465`.

    Over `smtp` the connection must become encrypted (RFC 3207) before anything is said, except on
    this machine itself.
    """

    def __init__(self, url: str, sender: str, clock: Clock) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise InvalidInput("GYMHOPPER_SMTP_URL is not smtp(s)://user:password@host:port.")
        self._parts = parts
        self._sender = sender
        self._clock = clock

    async def send(self, mail: Mail) -> None:
        """Hand it to the server."""
        message = composed(mail, self._sender, self._clock)
        try:
            async with self._client() as client:
                await client.send_message(message, recipients=[mail.to])
        except aiosmtplib.SMTPAuthenticationError:
            raise MailNotSent("The mail server refuses our name and password.") from None
        except aiosmtplib.SMTPNotSupported:
            raise MailRefused("The mail server cannot take such an address.") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _failed(error.recipients[0].code) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _failed(error.code) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailNotSent(f"The mail server was lost ({type(error).__name__}).") from None

    def _client(self) -> aiosmtplib.SMTP:
        parts = self._parts
        encrypted = parts.scheme == "smtps"
        return aiosmtplib.SMTP(
            hostname=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            local_hostname=socket.gethostname(),
            use_tls=encrypted,
            start_tls=None if encrypted or _this_machine(parts.hostname) else True,
            tls_context=ssl.create_default_context(),
            timeout=_TIMEOUT,
        )


class MailFolder:
    """Keeps every mail as a file that mail programs open: for trying the platform out."""

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    async def send(self, mail: Mail) -> None:
        """Write it to the folder; only this user may read it."""
        content = composed(mail, self._sender, self._clock).as_bytes(policy=SMTPUTF8)
        await asyncio.to_thread(self._write, f"{mail.id}.eml", content)

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)


def composed(mail: Mail, sender: str, clock: Clock) -> EmailMessage:
    """The mail as RFC 5322 has it; MailRefused when the address cannot be one."""
    name, _, host = mail.to.rpartition("@")
    if not name or not host or any(each.isspace() or not each.isprintable() for each in mail.to):
        raise MailRefused("This cannot be an e-mail address.")
    message = EmailMessage(policy=SMTP)
    # In parts, because the parser of whole ones takes letters beyond ASCII for a mistake.
    message["To"] = Address(username=name, domain=host)
    message["From"] = sender
    message["Subject"] = mail.subject
    message["Date"] = clock.now()
    domain = message["From"].addresses[0].domain or "localhost"
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies to this
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def _this_machine(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _failed(code: int) -> GymhopperError:
    """By the class of the server's reply (RFC 5321, 4.2.1): 5yz is for good, 4yz for now."""
    if 500 <= code < 600:
        return MailRefused(f"The mail server refused the mail ({code}).")
    return MailNotSent(f"The mail server did not take the mail now ({code}).")
