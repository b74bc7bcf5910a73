"""How the domain's objects lie in the tables; the domain itself knows nothing of it."""

from sqlalchemy.orm import registry

from gymhopper.contexts.billing.domain.cards import CardPage, RemovedCard
from gymhopper.contexts.billing.domain.checkout import BillingAccount, Checkout
from gymhopper.contexts.billing.domain.claim import Claim, Refund
from gymhopper.contexts.billing.domain.claim_page import ClaimPage
from gymhopper.contexts.billing.domain.collective import CoveredPeriod, SponsorAccount
from gymhopper.contexts.billing.domain.credit import Credit, Movement, Placement
from gymhopper.contexts.billing.domain.document import Document
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.payer import BillTo
from gymhopper.contexts.billing.domain.payment import Payment
from gymhopper.contexts.billing.domain.seller import Numbering, Seller
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.domain.tax import TaxRate
from gymhopper.contexts.billing.storage import (
    card_tables,
    credit_tables,
    document_tables,
    page_tables,
    sponsor_tables,
    tables,
)

_registry = registry(metadata=tables.metadata)


def map_all() -> None:
    """Map every object to its table; repeating it does nothing."""
    if Dues in {mapper.class_ for mapper in _registry.mappers}:
        return
    for kind, table in (
        (BillingAccount, tables.billing_account),
        (Dues, tables.dues),
        (Subscription, tables.subscription),
        (Checkout, tables.checkout),
        (Claim, tables.claim),
        (Payment, tables.payment),
        (Refund, tables.refund),
        (Credit, credit_tables.credit),
        (Movement, credit_tables.movement),
        (Placement, credit_tables.placement),
        (Seller, document_tables.seller),
        (Numbering, document_tables.numbering),
        (TaxRate, document_tables.tax_rate),
        (BillTo, document_tables.bill_to),
        (Document, document_tables.document),
        (ClaimPage, page_tables.claim_page),
        (CardPage, card_tables.card_page),
        (RemovedCard, card_tables.removed_card),
        (SponsorAccount, sponsor_tables.sponsor_account),
        (CoveredPeriod, sponsor_tables.covered_period),
    ):
        _registry.map_imperatively(kind, table)
