"""The development broker is a real one, and our client talks to it."""

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

RUN = Path(__file__).parents[2] / "dev" / "kafka" / "run.py"


@pytest.fixture
def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", RUN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def broker(*arguments: str | Path) -> Iterator[str]:
    """Another broker than the session's; its address."""
    process = subprocess.Popen([sys.executable, RUN, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0


async def produce(address: str, topic: str, values: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, key=b"one key", partition=0)


async def consume(address: str, topic: str, group: str, count: int) -> list[bytes | None]:
    """The group's next messages; its offset is committed after them."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=address,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with consumer:
        values = [(await consumer.getone()).value for _ in range(count)]
        await consumer.commit()
        return values


async def test_messages_of_a_key_arrive_in_order_and_offsets_are_kept(kafka: str) -> None:
    topic, group = f"order-{uuid4()}", f"group-{uuid4()}"
    values = [str(number).encode() for number in range(50)]
    await produce(kafka, topic, values)
    assert await consume(kafka, topic, group, 20) == values[:20]
    assert await consume(kafka, topic, group, 30) == values[20:]


async def test_a_transaction_that_is_aborted_is_not_read(kafka: str) -> None:
    topic = f"transaction-{uuid4()}"
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=topic) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"aborted", partition=0)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(topic, b"committed", partition=0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    async with consumer:
        consumer.assign([TopicPartition(topic, 0)])
        assert (await consumer.getone()).value == b"committed"


async def test_a_restarted_broker_has_what_it_confirmed(kafka: str, tmp_path: Path) -> None:
    assert kafka
    data = tmp_path / "with a space"
    with broker("--data", data) as address:
        await produce(address, "kept", [b"first"])
    with broker("--data", data) as address:
        assert await consume(address, "kept", "group", 1) == [b"first"]


def test_the_broker_ends_with_the_process_that_started_it(kafka: str, tmp_path: Path) -> None:
    assert kafka
    starter = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", starter, sys.executable, RUN, "--data", tmp_path],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("127.0.0.1:")
    os.kill(process.pid, signal.SIGKILL)
    # The pipe closes when the last process that holds it is gone.
    output, _ = process.communicate(timeout=60)
    assert output == ""


def test_a_port_that_is_taken_is_refused(kafka: str, tmp_path: Path) -> None:
    port = kafka.partition(":")[2]
    command = [sys.executable, RUN, "--data", tmp_path, "--port", port]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert f"port {port} is taken" in ran.stderr
    assert ran.stdout == ""


def test_a_broker_that_will_not_start_says_why(kafka: str, tmp_path: Path) -> None:
    assert kafka
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "meta.properties").write_text("version=none\n")
    command = [sys.executable, RUN, "--data", tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert "did not start" in ran.stderr
    assert "meta.properties" in ran.stderr


def test_a_silent_port_does_not_count_as_an_answer(runner: ModuleType) -> None:
    assert not runner.answers(runner.free_port())
