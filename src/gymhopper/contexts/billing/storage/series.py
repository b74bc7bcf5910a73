"""Takes numbers out of series: the row is held until the commit, so that none is ever missing."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.billing.domain.document import DocumentKind
from gymhopper.contexts.billing.domain.numbering import PREFIXES, PrefixTaken
from gymhopper.contexts.billing.storage.document_tables import numbering, series
from gymhopper.kernel.ids import new_id

_NUMBERING = text("SELECT pg_advisory_xact_lock(hashtextextended('numbering ' || :seller, 0))")


async def hold(connection: AsyncConnection, legal_entity_id: UUID) -> None:
    """Be the only one who says how the seller's numbers begin, until the commit."""
    await connection.execute(_NUMBERING, {"seller": str(legal_entity_id)})


async def prefixes(
    connection: AsyncConnection, legal_entity_id: UUID
) -> Mapping[DocumentKind, str]:
    """How the numbers of the legal entity begin."""
    row = (
        await connection.execute(select(numbering).where(numbering.c.id == legal_entity_id))
    ).one_or_none()
    if row is None:
        return PREFIXES
    return {"invoice": row.invoice_prefix, "credit_note": row.credit_note_prefix}


async def take(
    connection: AsyncConnection,
    *,
    organisation_id: UUID,
    legal_entity_id: UUID,
    kind: DocumentKind,
    year: int,
) -> tuple[UUID, str, int]:
    """The series, its prefix and the next of its numbers. Whoever else wants one waits.

    Raises PrefixTaken when documents of the other kind have this prefix.
    """
    prefix = (await prefixes(connection, legal_entity_id))[kind]
    counted = insert(series).values(
        id=new_id(),
        organisation_id=organisation_id,
        legal_entity_id=legal_entity_id,
        kind=kind,
        prefix=prefix,
        year=year,
        last=1,
    )
    taken = (
        await connection.execute(
            counted.on_conflict_do_update(
                index_elements=["legal_entity_id", "prefix", "year"],
                set_={"last": series.c.last + 1},
                where=series.c.kind == kind,
            ).returning(series.c.id, series.c.last)
        )
    ).one_or_none()
    if taken is None:
        raise PrefixTaken(f"{prefix} numbers documents of the other kind.")
    return taken.id, prefix, taken.last


async def used_by_other_kind(
    connection: AsyncConnection, legal_entity_id: UUID, kind: DocumentKind, prefix: str
) -> bool:
    """Whether documents of the other kind ever had this prefix."""
    found = await connection.execute(
        select(func.count())
        .select_from(series)
        .where(
            series.c.legal_entity_id == legal_entity_id,
            series.c.prefix == prefix,
            series.c.kind != kind,
        )
    )
    return found.scalar_one() > 0
