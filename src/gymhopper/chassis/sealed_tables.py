"""What is kept sealed, so that a rotation of the master key finds it and seals it anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets

Row = Mapping[str, Any]
Reseal = Callable[[Secrets, Row], Mapping[str, bytes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTable:
    """A table, and the columns of it that begin with the id of a master key: whatever a `Sealer`
    sealed or made an index of.

    `reseal` gives the new values of these columns, from the row's primary key, the columns, and
    what `beside` adds: SQL by name, in which `t` is the row.
    """

    name: str
    columns: tuple[str, ...]
    reseal: Reseal
    key: tuple[str, ...] = ("id",)
    beside: Mapping[str, str] = field(default_factory=dict)


def sealed_table(
    name: str,
    *columns: str,
    purpose: str,
    bound_to: Callable[[Row], bytes] = lambda row: row["id"].bytes,
    key: tuple[str, ...] = ("id",),
) -> SealedTable:
    """A table whose columns are each sealed for the purpose and bound to the row, by its id unless
    `bound_to` says otherwise; indexes need a `reseal` of their own."""

    def reseal(secrets: Secrets, row: Row) -> Mapping[str, bytes | None]:
        sealer = Sealer(secrets, purpose)
        return {each: resealed(sealer, row[each], bound_to(row)) for each in columns}

    return SealedTable(name=name, columns=columns, reseal=reseal, key=key)


def resealed(sealer: Sealer, sealed: bytes | None, bound_to: bytes) -> bytes | None:
    """The same under the newest key. Raises InvalidTag when it does not open."""
    if sealed is None or sealer.current(sealed):
        return sealed
    return sealer.seal(sealer.open(sealed, bound_to=bound_to), bound_to=bound_to)
