"""To whom the documents of a billing account are made out."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from gymhopper.contexts.billing.domain.document import Language, Party


class Addressee(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The party, in which language it reads (None: by its country), and where its documents are
    sent, if that was said."""

    party: Party
    language: Language | None = None
    email: str | None = None


NOBODY = Addressee(party=Party())
"""Of whom nothing is known yet: the law of small invoices asks for no name."""


@dataclass(eq=False, kw_only=True)
class BillTo:
    """The addressee of a billing account, whose id it has. `given` tells what the payer or the desk
    said from what membership knows, which follows the member's profile."""

    id: UUID
    organisation_id: UUID
    person_id: UUID | None
    version: int = 0
    given: bool
    content: bytes
