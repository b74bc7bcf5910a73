"""Who pays for a membership, in requests and answers."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from gymhopper.contexts.membership.http.fields import Request
from gymhopper.contexts.membership.usecases.name_payer import NamedPayer
from gymhopper.contracts.membership.api import PayerKind


class PayerField(Request):
    """A grown-up member who agreed to pay, or a household that the member is in."""

    kind: Literal["person", "household"]
    id: UUID

    def value(self) -> NamedPayer:
        """As the use case takes it."""
        return NamedPayer(kind=self.kind, id=self.id)


class PaidBy(BaseModel):
    """The id of the member, of the household or of the sponsor that pays."""

    kind: PayerKind
    id: UUID
