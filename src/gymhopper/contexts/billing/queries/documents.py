"""What was issued: lists of documents, and what one says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.keyset import paged
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.billing.domain.document import Content, Document, DocumentKind
from gymhopper.contexts.billing.storage.document_tables import document
from gymhopper.contexts.billing.storage.sealed import open_content
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """Which documents; None asks for nothing. `issued_until` is the day after the last."""

    kind: DocumentKind | None = None
    legal_entity_id: UUID | None = None
    billing_account_id: UUID | None = None
    person_id: UUID | None = None
    claim_id: UUID | None = None
    number: str | None = None
    issued_from: date | None = None
    issued_until: date | None = None


_EQUAL = ("kind", "legal_entity_id", "billing_account_id", "person_id", "claim_id", "number")


async def list_documents(
    connection: AsyncConnection,
    wanted: DocumentFilter,
    *,
    after: UUID | None = None,
    limit: int,
) -> Sequence[Document]:
    """The wanted documents, the newest first, from behind that one."""
    query = paged(
        select(document),
        document.c,
        (("id", True),),
        None if after is None else (after,),
    ).limit(limit)
    for name in _EQUAL:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(document.c[name] == value)
    if wanted.issued_from is not None:
        query = query.where(document.c.issued_on >= wanted.issued_from)
    if wanted.issued_until is not None:
        query = query.where(document.c.issued_on < wanted.issued_until)
    rows = (await connection.execute(query)).mappings()
    return [Document(**row) for row in rows]


async def read_document(
    connection: AsyncConnection, document_id: UUID, secrets: Secrets
) -> tuple[Document, Content]:
    """The document and what it says; NotFound when it is not visible."""
    found = await connection.execute(select(document).where(document.c.id == document_id))
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound("There is no document with this id.")
    return Document(**row), open_content(secrets, document_id, row["content"])
