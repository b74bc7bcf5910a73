"""A real Apache Kafka broker on loopback: one KRaft node, for tests and for looking at things.

    python dev/kafka/run.py [--port PORT] [--data FOLDER]

fetches the jars with Maven when they are not there yet, starts the broker, prints its address in
one line when it answers, and stops it on SIGTERM, on SIGINT, or when the process that started this
one is gone. Without --port a free one is taken; without --data the data is thrown away at the end.
`--fetch` only fetches. Needs Java 17; standard library only.
"""

import argparse
import base64
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE / "target"
POM = HERE / "pom.xml"
HOST = "127.0.0.1"
START_SECONDS = 90.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.1

# A small heap and the quick compiler only: a broker that lives for minutes should start in seconds.
JAVA = ["java", "-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]

# One node cannot replicate, and a first consumer should not wait for a second one.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Run a Kafka broker on loopback.")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--data", type=Path, help="kept folder; default: a temporary one")
    parser.add_argument("--fetch", action="store_true", help="only fetch the jars")
    chosen = parser.parse_args()
    fetch()
    if chosen.fetch:
        return
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    with contextlib.ExitStack() as stack:
        data = chosen.data
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kafka-")))
        run(data.absolute(), chosen.port or free_port())


def fetch() -> None:
    """Have Maven bring the jars that pom.xml names, unless they are there already."""
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()
    fetched = TARGET / "fetched"
    TARGET.mkdir(exist_ok=True)
    with (TARGET / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if fetched.exists() and fetched.read_text() == wanted:
            return
        shutil.rmtree(TARGET / "lib", ignore_errors=True)
        # Standard output is for the address alone.
        command = ["mvn", "-q", "-B", "-f", str(POM), "package"]
        subprocess.run(command, check=True, stdout=sys.stderr)
        fetched.write_text(wanted)


def run(data: Path, port: int) -> None:
    """Serve until a signal or the starter's end; SystemExit when the broker will not run."""
    starter = os.getppid()
    refuse_if_taken(port)
    data.mkdir(parents=True, exist_ok=True)
    settings = data / "server.properties"
    settings.write_text(properties(data, port))
    with (data / "broker.log").open("ab") as log:
        if not (data / "log" / "meta.properties").exists():
            cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            # A leading hyphen would be read as an option.
            how = ["format", "-c", str(settings), f"--cluster-id={cluster}"]
            subprocess.run(java("kafka.tools.StorageTool", *how), check=True, stdout=log)
        broker = subprocess.Popen(
            java("kafka.Kafka", str(settings)), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            wait_until_it_answers(broker, port, data / "broker.log")
            print(f"{HOST}:{port}", flush=True)
            while broker.poll() is None and os.getppid() == starter:
                time.sleep(POLL_SECONDS)
        finally:
            stop(broker)
    if broker.returncode not in (0, 128 + signal.SIGTERM):
        sys.exit(f"the broker ended with {broker.returncode}:\n{end_of(data / 'broker.log')}")


def properties(data: Path, port: int) -> str:
    """The broker's settings in the format of a Java properties file."""
    controller = free_port()
    settings = SETTINGS | {
        "log.dirs": str(data / "log"),
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def java(program: str, *arguments: str) -> list[str]:
    """The command that runs a class of the fetched jars."""
    logging = f"-Dlog4j2.configurationFile={HERE.absolute() / 'log4j2.properties'}"
    return [*JAVA, logging, "-cp", f"{TARGET.absolute() / 'lib'}/*", program, *arguments]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def refuse_if_taken(port: int) -> None:
    """Another broker that answers there must not be taken for ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            sys.exit(f"port {port} is taken")


def wait_until_it_answers(broker: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if broker.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"the broker did not start:\n{end_of(log)}")
        if answers(port):
            return
        time.sleep(POLL_SECONDS)


def answers(port: int) -> bool:
    """Whether a broker there answers an ApiVersions request (Kafka protocol, API key 18)."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection((HOST, port), timeout=5) as link:
            link.sendall(struct.pack(">i", len(request)) + request)
            reply = link.makefile("rb").read(10)
    except OSError:
        return False
    return len(reply) == 10 and struct.unpack(">iih", reply)[1:] == (1, 0)


def stop(broker: subprocess.Popen[bytes]) -> None:
    broker.terminate()
    try:
        broker.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        broker.kill()
        broker.wait()


def end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


if __name__ == "__main__":
    main()
