"""What billing keeps sealed: what documents say, and to whom they are made out."""

from uuid import UUID

import msgspec

from gymhopper.chassis.sealed_tables import sealed_table
from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.billing.domain.document import Content
from gymhopper.contexts.billing.domain.payer import Addressee

_DOCUMENTS = "billing.document"
_PAYERS = "billing.bill_to"

SEALED = [
    sealed_table("billing.document", "content", purpose=_DOCUMENTS),
    sealed_table("billing.bill_to", "content", purpose=_PAYERS),
]


def seal_content(secrets: Secrets, document_id: UUID, content: Content) -> bytes:
    """Encrypt; it opens only as the content of this document."""
    plain = msgspec.json.encode(content)
    return Sealer(secrets, _DOCUMENTS).seal(plain, bound_to=document_id.bytes)


def open_content(secrets: Secrets, document_id: UUID, sealed: bytes) -> Content:
    """Decrypt. Raises cryptography.exceptions.InvalidTag when it was altered."""
    plain = Sealer(secrets, _DOCUMENTS).open(sealed, bound_to=document_id.bytes)
    return msgspec.json.decode(plain, type=Content)


def seal_addressee(secrets: Secrets, account_id: UUID, addressee: Addressee) -> bytes:
    """Encrypt; it opens only as that of this billing account."""
    plain = msgspec.json.encode(addressee)
    return Sealer(secrets, _PAYERS).seal(plain, bound_to=account_id.bytes)


def open_addressee(secrets: Secrets, account_id: UUID, sealed: bytes) -> Addressee:
    """Decrypt. Raises cryptography.exceptions.InvalidTag when it was altered."""
    plain = Sealer(secrets, _PAYERS).open(sealed, bound_to=account_id.bytes)
    return msgspec.json.decode(plain, type=Addressee)
