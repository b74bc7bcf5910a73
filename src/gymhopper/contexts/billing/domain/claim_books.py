"""How claims, payments and refunds stand in the ledger: which accounts they move."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from gymhopper.contexts.billing.domain.bookings import Charged, Matter
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.crediting import split
from gymhopper.contexts.billing.domain.document import Document
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.ledger import (
    BANK,
    CASH,
    Account,
    Books,
    clearing,
    customer_credit,
)
from gymhopper.contexts.billing.domain.line import Line, LineKind
from gymhopper.contexts.billing.domain.payment import CREDIT, Payment

EARNED: dict[LineKind, str] = {
    "period": "membership",
    "proration": "membership",
    "discount": "membership",
    "purchase": "purchase",
    "joining_fee": "joining_fee",
    "fee": "fee",
}
"""Under which name each kind of line is earned."""


def matter(dues: Dues, claim: Claim, *, cause: UUID, at: datetime) -> Matter:
    """What an entry about the claim is about."""
    return Matter(
        books=Books(
            organisation_id=dues.organisation_id,
            legal_entity_id=dues.terms.legal_entity_id,
            currency=dues.currency,
        ),
        cause=cause,
        at=at,
        billing_account_id=claim.billing_account_id,
        claim_id=claim.id,
    )


def charged(document: Document, lines: Sequence[Line]) -> Charged:
    """A document's sums by what was sold and by the rate of the tax."""
    taxes: dict[str, int] = {}
    for each in document.taxes:
        name = each.rate.percent
        taxes[name] = taxes.get(name, 0) + each.tax
    return Charged(revenue=_shared(document.net, lines), tax=taxes, rounding=document.rounding)


def till_of(claim: Claim, payment: Payment) -> Account:
    """Where the money of a payment lies, or lay before it was credit."""
    if payment.method == CREDIT:
        return customer_credit(claim.billing_account_id)
    if payment.method == "cash":
        return CASH
    return BANK if payment.method == "transfer" else clearing(payment.provider)


def _shared(net: int, lines: Sequence[Line]) -> dict[str, int]:
    """The net sum over what was sold, as the lines' amounts are to each other."""
    sold: dict[str, int] = {}
    for line in lines:
        name = EARNED[line.kind]
        sold[name] = sold.get(name, 0) + line.amount
    if not sum(sold.values()):
        return {"membership": net}
    return dict(zip(sold, split(net, list(sold.values())), strict=True))
