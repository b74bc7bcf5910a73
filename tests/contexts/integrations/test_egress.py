"""Requests go to addresses that were checked, whatever a name means from one moment to the next."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contexts.integrations.conftest import REGISTERED, Town
from contexts.integrations.receiver import Receiver, receiving
from gymhopper.contexts.integrations.domain.errors import TargetRefused
from gymhopper.contexts.integrations.domain.target import read_target
from gymhopper.contexts.integrations.gateways.network import NoPublicAddress, PinnedBackend
from gymhopper.contexts.integrations.gateways.resolver import SystemResolver
from gymhopper.contexts.integrations.gateways.sender import Answer, Post, WebhookSender
from gymhopper.contexts.integrations.gateways.senders import use_sender

PUBLIC = "93.184.216.34"
SECRET = b"s" * 32


class Names:
    """A resolver that answers as it is told: one answer after the other, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, _: str, __: int) -> list[str]:
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Wire(httpcore.AsyncNetworkBackend):
    """Notes where a connection would go, and makes none."""

    def __init__(self) -> None:
        self.connected: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> object:  # type: ignore[override]  # never gives a stream
        self.connected.append((host, port))
        raise httpcore.ConnectError("no such place here")


async def post(sender: WebhookSender, url: str) -> Answer:
    return await sender.post(Post(url=url, webhook_id="msg_1", body=b"{}", secrets=[SECRET]))


NOT_PUBLIC = [
    [],
    ["127.0.0.1"],
    ["10.0.0.7"],
    ["169.254.169.254"],
    ["100.100.100.200"],
    ["0.0.0.0"],  # noqa: S104 - refused as a target
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["2002:7f00:1::"],
    ["fd00:ec2::254"],
    ["fe80::1%eth0"],
    ["no address"],
    [PUBLIC, "127.0.0.1"],
    ["127.0.0.1", PUBLIC],
    ["2606:4700::1111", "::1"],
]


@pytest.mark.parametrize("answer", NOT_PUBLIC, ids=str)
async def test_a_name_is_refused_unless_all_its_addresses_are_public(answer: list[str]) -> None:
    sender = WebhookSender(Names(answer))
    with pytest.raises(TargetRefused) as refused:
        await sender.check("https://hooks.example.com/")
    # Whoever asks does not learn whether a name exists inside our network.
    assert refused.value.detail == "The host has no public address."
    assert (await post(sender, "https://hooks.example.com/")).outcome == "target_refused"


@pytest.mark.parametrize("answer", NOT_PUBLIC, ids=str)
async def test_no_connection_is_even_tried_to_such_an_address(answer: list[str]) -> None:
    wire = Wire()
    target = read_target("https://hooks.example.com/", allow_private=False)
    backend = PinnedBackend(target, Names(answer), allow_private=False, inner=wire)
    with pytest.raises(NoPublicAddress):
        await backend.connect_tcp("hooks.example.com", 443)
    assert wire.connected == []


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    wire, names = Wire(), Names([PUBLIC, "2606:4700::1111"], ["127.0.0.1"])
    target = read_target("https://hooks.example.com/", allow_private=False)
    backend = PinnedBackend(target, names, allow_private=False, inner=wire)
    with pytest.raises(httpcore.ConnectError):
        await backend.connect_tcp("hooks.example.com", 443)
    assert wire.connected == [(PUBLIC, 443), ("2606:4700::1111", 443)]
    assert names.asked == 1


async def test_a_backend_connects_to_its_target_only() -> None:
    wire = Wire()
    target = read_target("https://hooks.example.com/", allow_private=False)
    backend = PinnedBackend(target, Names([PUBLIC]), allow_private=False, inner=wire)
    for host, port in (("other.example.com", 443), ("hooks.example.com", 22)):
        with pytest.raises(NoPublicAddress):
            await backend.connect_tcp(host, port)
    assert wire.connected == []


async def test_a_name_that_moves_inside_after_the_check_is_refused_at_the_delivery(
    town: Town,
) -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    use_sender(town.runtime, WebhookSender(names))
    endpoint = await town.ours.endpoint("https://rebound.example.com:8443/", REGISTERED)
    await town.ours.register()
    await town.deliver()
    (logged,) = await town.ours.log(endpoint)
    assert logged["attempts"][0]["outcome"] == "target_refused"
    assert names.asked == 2


async def test_a_target_that_was_allowed_once_is_refused_when_it_is_no_more(
    town: Town, receiver: Receiver
) -> None:
    endpoint = await town.ours.endpoint(receiver.url, REGISTERED)
    use_sender(town.runtime, WebhookSender(SystemResolver()))
    await town.ours.register()
    await town.deliver()
    (logged,) = await town.ours.log(endpoint)
    assert logged["attempts"][0]["outcome"] == "target_refused"
    assert receiver.received == []


async def test_proxies_of_the_environment_are_not_used(
    town: Town, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        await town.ours.endpoint(receiver.url, REGISTERED)
        await town.ours.register()
        await town.deliver()
        assert proxy.received == []
    assert len(receiver.received) == 1


async def test_the_real_resolver_knows_this_machine_and_not_what_does_not_exist() -> None:
    resolve = SystemResolver()
    assert "127.0.0.1" in await resolve("localhost", 443)
    assert await resolve("no-such-name.invalid", 443) == []


async def test_plain_http_goes_to_this_machine_only_whatever_its_name_means() -> None:
    wire = Wire()
    target = read_target("http://localhost:9000/", allow_private=True)
    backend = PinnedBackend(target, Names(["10.0.0.7"]), allow_private=True, inner=wire)
    with pytest.raises(NoPublicAddress):
        await backend.connect_tcp("localhost", 9000)
    assert wire.connected == []


def certificate(folder: Path, *names: x509.GeneralName) -> tuple[Path, Path]:
    """A certificate for the names that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@dataclass
class Secure:
    """A server behind TLS: its port, what its clients must trust, and what they asked for."""

    port: int
    trust: ssl.SSLContext
    names: list[str | None] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def behind_tls(folder: Path, *names: x509.GeneralName) -> AsyncIterator[Secure]:
    made, key = certificate(folder, *names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    secure = Secure(0, ssl.create_default_context(cafile=made))
    context.sni_callback = lambda _, name, __: secure.names.append(name)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secure.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    secure.port = server.sockets[0].getsockname()[1]
    try:
        yield secure
    finally:
        server.close()


async def test_tls_verifies_the_name_although_the_connection_goes_to_an_address(
    tmp_path: Path,
) -> None:
    async with behind_tls(tmp_path, x509.DNSName("hooks.example.com")) as secure:
        sender = WebhookSender(Names(["127.0.0.1"]), allow_private=True, tls=secure.trust)
        answer = await post(sender, f"https://hooks.example.com:{secure.port}/in?a=b")
        assert answer.status_code == 204
        assert secure.names == ["hooks.example.com"]
        assert secure.heads[0].startswith(b"POST /in?a=b HTTP/1.1\r\n")
        host = f"\r\nhost: hooks.example.com:{secure.port}\r\n".encode()
        assert host in secure.heads[0].lower()


async def test_a_certificate_for_another_name_or_for_the_address_is_refused(
    tmp_path: Path,
) -> None:
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    async with behind_tls(tmp_path, x509.DNSName("other.example.com"), address) as secure:
        sender = WebhookSender(Names(["127.0.0.1"]), allow_private=True, tls=secure.trust)
        answer = await post(sender, f"https://hooks.example.com:{secure.port}/")
        assert (answer.outcome, answer.status_code) == ("tls_failed", None)
        assert secure.heads == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with behind_tls(tmp_path, x509.DNSName("hooks.example.com")) as secure:
        sender = WebhookSender(Names(["127.0.0.1"]), allow_private=True)
        answer = await post(sender, f"https://hooks.example.com:{secure.port}/")
        assert answer.outcome == "tls_failed"
        assert secure.heads == []
