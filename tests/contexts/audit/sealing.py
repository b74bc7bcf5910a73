"""Entries to be sealed, sealing them, and looking whether all is as it was."""

from contexts.audit.conftest import House, acting
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.audit.usecases.seal_entries import seal_entries
from gymhopper.contexts.audit.usecases.verify_seals import Report, verify_seals
from gymhopper.kernel.ids import new_id


async def write(house: House, count: int, by: str = "north") -> None:
    for nth in range(count):
        async with house.runtime.begin(acting(house.callers[by])) as uow:
            uow.note("a.thing", new_id(), before={"nth": nth}, after={"nth": nth + 1.5})


async def seal(house: House, most: int = 3) -> int:
    total = 0
    while True:
        async with house.runtime.begin(SERVICE) as uow:
            count = await seal_entries(uow, most)
        if not count:
            return total
        total += count


async def verify(house: House, kept: dict[int, bytes] | None = None) -> Report:
    async with house.runtime.read(SERVICE) as connection:
        return await verify_seals(connection, lambda *_: None, kept)
