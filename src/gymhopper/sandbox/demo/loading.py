"""Loads the demonstration into a data folder once, and finds it there at every later start."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access.storage import tables
from gymhopper.contexts.identity.administrators import create_administrator
from gymhopper.contexts.scheduling.storage import tables as timetable
from gymhopper.kernel.errors import Unavailable
from gymhopper.sandbox.demo.classes import book_classes, fill_timetable
from gymhopper.sandbox.demo.founding import found
from gymhopper.sandbox.demo.history import Past, record
from gymhopper.sandbox.demo.keeping import Founded, Keeping, Kept, Keyring
from gymhopper.sandbox.demo.network import Network
from gymhopper.sandbox.demo.people import (
    Progress,
    Registered,
    invent_people,
    register_people,
    renew,
)
from gymhopper.sandbox.demo.sign_ins import SignIn, open_accounts

PATIENCE = 120.0
"""Seconds within which the news of everybody must have reached doors and the timetable."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network that the platform knows, with its people and what opens its doors."""

    network: Network
    founded: Founded
    people: Sequence[Registered]
    keyring: Keyring
    administrator: str
    sign_ins: Sequence[SignIn]


async def load(
    runtime: Runtime, folder: Path, network: Network, members: int, progress: Progress
) -> Loaded:
    """Load what is not there yet. Whatever is interrupted goes on at the next start.

    How many members there are was said at the first start. The runtime's process must be at work:
    the news of places and people travel by its event loops.
    """
    keeping = Keeping(folder)
    kept = keeping.read() or Kept(opened_at=runtime.clock.now(), members=members)
    keyring = Keyring(runtime.secrets.lasting("sandbox-demo"))
    zone = network.operator.seller.zone
    if kept.administrator is None:
        kept.administrator = await create_administrator(runtime, "demo")
        keeping.write(kept)
    if kept.founded is None:
        progress("Brands, places and doors", 0, len(network.venues))
        kept.founded = await found(runtime, network, keyring)
        keeping.write(kept)
        progress("Brands, places and doors", len(network.venues), len(network.venues))
    people = await register_people(
        runtime,
        kept.founded,
        invent_people(network, kept.members),
        keyring,
        zone,
        kept.opened_at,
        progress,
    )
    if not kept.loaded:
        await _until_known(runtime, tables.entitlement, people[-1])
        past = Past(network, kept.founded, people, zone, kept.opened_at)
        await record(runtime, past, progress)
        kept.loaded, kept.paid_at = True, kept.opened_at
    now = runtime.clock.now()
    await renew(runtime, people, zone, kept.opened_at, kept.paid_at or kept.opened_at)
    kept.paid_at = now
    keeping.write(kept)
    await fill_timetable(runtime, network, kept.founded, progress)
    await _until_known(runtime, timetable.entitlement, people[-1])
    await book_classes(runtime, kept.founded, people)
    sign_ins = await open_accounts(runtime, kept.founded, people, keyring)
    return Loaded(network, kept.founded, people, keyring, kept.administrator, sign_ins)


async def _until_known(runtime: Runtime, table: sa.Table, last: Registered) -> None:
    """Wait until whoever keeps this copy has that of the last of the people, and so everybody's."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    known = sa.select(table.c.version).where(table.c.membership_id == last.membership_id)
    while True:
        async with runtime.read(SERVICE) as connection:
            if (await connection.execute(known)).first() is not None:
                return
        if asyncio.get_running_loop().time() > deadline:
            raise Unavailable("The news of new members do not arrive.")
        await asyncio.sleep(0.05)
