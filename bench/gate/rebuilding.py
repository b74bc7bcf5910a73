"""How quickly a lost cell is filled."""

import time
from datetime import UTC, datetime, timedelta

import msgspec
from bench.gate.seed import PLAN, ZONE, made_id

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.migrate import migrate
from gymhopper.chassis.provision import APPLICATION, provision
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access import jobs
from gymhopper.contexts.access.domain.coverage import encode_coverage
from gymhopper.contexts.access.domain.records import Credential, Grant, Person, milliseconds
from gymhopper.contexts.access.storage.feed import Change, publish
from gymhopper.contexts.access.usecases.feed_cell import CellFeeder

REBUILT_PEOPLE = 200_000
_AT_ONCE = 5000
ACCESS = "gymhopper.contexts.access"


async def rebuild_seconds(runtime: Runtime, people: int = REBUILT_PEOPLE) -> float:
    """Seconds in which an empty cell gets the grants of that many people, with their cards."""
    now = datetime.now(UTC)
    policy, payload = encode_coverage(PLAN)
    async with runtime.begin(SERVICE) as uow:
        publish(uow, Change("policy", policy, payload))
    for first in range(0, people, _AT_ONCE):
        async with runtime.begin(SERVICE) as uow:
            for number in range(first, min(first + _AT_ONCE, people)):
                publish(uow, *_person(number, policy, now))
    cell = jobs.open_cell(runtime)
    await cell.open()
    try:
        await cell.call("FLUSHALL")
        feeder = CellFeeder(runtime, cell)
        began = time.perf_counter()
        await feeder.rebuild()
        return time.perf_counter() - began
    finally:
        await cell.close()


def _person(number: int, policy: bytes, now: datetime) -> tuple[Change, Change]:
    person_id = made_id("person", number)
    grant = Grant(
        grant_id=made_id("grant", number),
        membership_id=made_id("membership", number),
        organisation_id=made_id("organisation", number % 5),
        policy=policy,
        zone=ZONE,
        start=milliseconds(now - timedelta(days=40)),
        soft_until=milliseconds(now + timedelta(days=20)),
        hard_until=milliseconds(now + timedelta(days=27)),
        end_code="PAYMENT_PAST_DUE",
    )
    return (
        Change("person", person_id, msgspec.msgpack.encode(Person((grant,)))),
        Change(
            "credential",
            made_id("card", number),
            msgspec.msgpack.encode(Credential(person_id, made_id("credential", number))),
        ),
    )


def migrated(superuser_url: str) -> str:
    """The application's URL of a database that holds access's tables."""
    owner_url, application_url = provision(superuser_url, "gymhopper")
    lines = [each.migrations for each in load([ACCESS]) if each.migrations]
    migrate(owner_url, APPLICATION, lines)
    return application_url
