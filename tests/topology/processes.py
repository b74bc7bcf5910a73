"""The platform in parts: a process for each context, Kafka between them, one address each."""

import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from e2e.installation import READY_SECONDS, free_port
from fixtures.logs import watch_file
from gymhopper.chassis.settings import Settings

GYMHOPPER = Path(sys.executable).with_name("gymhopper")

CONTEXTS = (
    "identity",
    "venues",
    "staff",
    "membership",
    "billing",
    "access",
    "scheduling",
    "integrations",
    "sandbox",
)

# The first part of a path tells whose it is.
PATHS = {
    "organisations": "venues",
    "legal-entities": "venues",
    "locations": "venues",
    "calendars": "venues",
    "staff": "staff",
    "plans": "membership",
    "members": "membership",
    "memberships": "membership",
    "payments": "billing",
    "areas": "access",
    "doors": "access",
    "devices": "access",
    "credentials": "access",
    "visits": "access",
    "access": "access",
    "class-types": "scheduling",
    "classes": "scheduling",
    "webhook-event-types": "integrations",
    "webhook-endpoints": "integrations",
    "webhook-deliveries": "integrations",
    "sandbox": "sandbox",
}


@dataclass
class Fleet:
    """Engines that somebody else runs, and a process per context on them."""

    engines: Settings
    kafka: str
    folder: Path
    master_key: bytes = field(default_factory=lambda: os.urandom(32))
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in CONTEXTS})
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def urls(self) -> dict[str, str]:
        """Where each context answers."""
        return {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}

    @property
    def environment(self) -> dict[str, str]:
        given = {
            "DATA_FOLDER": str(self.folder),
            "DATABASE_URL": self.engines.database_url,
            "VALKEY_URL": self.engines.valkey_url,
            "KAFKA_SERVERS": self.kafka,
            "KAFKA_PREFIX": f"apart-{self.ports['identity']}",
            "KAFKA_PARTITIONS": "2",
            "INTERNAL_URLS": json.dumps(self.urls),
            "MASTER_KEY": b64encode(self.master_key).decode(),
            "POOL_SIZE": "5",
            "LOG_LEVEL": "WARNING",
            "LOG_FORMAT": "json",
            "BILLING_STRIPE_API_BASE": self.urls["sandbox"] + "/sandbox/stripe",
            "SANDBOX_STRIPE_WEBHOOK_BASE": self.urls["billing"],
        }
        return os.environ | {f"GYMHOPPER_{name}": str(value) for name, value in given.items()}

    def start(self, name: str) -> None:
        """One context's process; the log is published, and audited, by identity's."""
        roles = "api,relay,worker" if name == "identity" else "api,worker"
        contexts = {"sandbox": "sandbox,clock", "identity": "identity,audit"}.get(name, name)
        command = [GYMHOPPER, "serve", "--contexts", contexts, "--roles", roles]
        watch_file(self.folder / f"{name}.log")
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*command, "--port", str(self.ports[name])],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        for name, process in self.running.items():
            while not _ready(self.urls[name]):
                assert process.poll() is None, f"{name} ended: {self.log(name)}"
                assert time.monotonic() < deadline, f"{name} is not ready: {self.log(name)}"
                time.sleep(0.1)

    def stop(self) -> dict[str, int]:
        """SIGTERM to all; the exit statuses."""
        for process in self.running.values():
            process.terminate()
        return {name: process.wait(60) for name, process in self.running.items()}

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).is_success
    except httpx.TransportError:
        return False


@contextmanager
def fleet(engines: Settings, kafka: str, folder: Path) -> Iterator[Fleet]:
    """All processes, ready; they end with the block."""
    made = Fleet(engines, kafka, folder)
    try:
        for name in CONTEXTS:
            made.start(name)
        made.wait_until_ready()
        yield made
    finally:
        for process in made.running.values():
            if process.poll() is None:
                process.kill()
                process.wait()
