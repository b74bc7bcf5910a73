"""Number entries and seal them, a run at a time."""

from datetime import UTC

from sqlalchemy import text

from gymhopper.chassis.audit.entry import canonical
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.audit.domain.seal import seal
from gymhopper.contexts.audit.queries import seals as queries

MOST = 1000
"""Entries that one seal covers at most: they are in memory at once."""

_NUMBER = text("SELECT first, last, month FROM audit.number(:most)")
_INSERT = text(
    "INSERT INTO audit.seal (number, first, last, month, sealed_at, hashes, previous, hash)"
    " VALUES (:number, :first, :last, :month, :sealed_at, :hashes, :previous, :hash)"
)


async def seal_entries(uow: UnitOfWork, most: int = MOST) -> int:
    """Seal the oldest entries that are not sealed yet; returns how many.

    Entries are numbered after their commit, by one process at a time, so a transaction that commits
    late gets a later number and is missed by nobody. Numbers and seal are one transaction.
    """
    run = (await uow.connection.execute(_NUMBER, {"most": most})).one_or_none()
    if run is None:
        return 0
    before = await queries.last_seal(uow.connection)
    entries = await queries.numbered(uow.connection, run.first, run.last)
    made = seal(
        before,
        month=run.month,
        sealed_at=uow.now.astimezone(UTC),
        lines=(canonical(each) for each in entries),
    )
    await uow.connection.execute(
        _INSERT, {name: getattr(made, name) for name in made.__struct_fields__}
    )
    return made.count
