"""The tables of the schema `billing`; the migrations are what makes them."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    Text,
    Uuid,
    text,
)

from gymhopper.chassis.columns import INSTANT, JsonOf
from gymhopper.contexts.billing.domain.line import Line
from gymhopper.contexts.billing.domain.plan_change import PendingChange
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.kernel.period import Period

metadata = MetaData(schema="billing")

fence = Sequence("fence", metadata=metadata)


def _instant(name: str, *, required: bool = False) -> Column[object]:
    return Column(name, INSTANT, nullable=not required)


billing_account = Table(
    "billing_account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("provider_customer_id", Text),
    Column("chosen_card", Text),
    CheckConstraint("kind IN ('person', 'household', 'sponsor')", name="billing_account_kind"),
    Index(
        "billing_account_person",
        "organisation_id",
        "person_id",
        unique=True,
        postgresql_where=text("kind = 'person'"),
    ),
)

dues = Table(
    "dues",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False, unique=True),
    Column("billing_account_id", Uuid, ForeignKey("billing.billing_account.id"), nullable=False),
    Column("terms", JsonOf(Terms), nullable=False),
    Column("currency", Text, nullable=False),
    Column("owed", BigInteger, nullable=False),
    _instant("overdue_since"),
    _instant("ends_at"),
    Column("ended", Boolean, nullable=False),
    Column("contract_ended", Boolean, nullable=False),
    _instant("collect_until"),
    _instant("asked_until"),
    _instant("expires_at"),
    Column("frozen", JsonOf(list[Period]), nullable=False),
    Column("change", JsonOf(PendingChange)),
    Column("last_change", Uuid),
    Column("former_id", Uuid, ForeignKey("billing.dues.id")),
    CheckConstraint("kind IN ('membership', 'sponsor')", name="dues_kind"),
    Index("dues_organisation", "organisation_id"),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dues_id", Uuid, ForeignKey("billing.dues.id"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("provider_id", Text),
    Column("fence", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("customer_id", Text),
    Column("price_id", Text),
    Column("amount", BigInteger),
    Column("currency", Text),
    _instant("period_start"),
    _instant("period_until"),
    _instant("cancel_at"),
    Column("cancel_at_period_end", Boolean, nullable=False),
    _instant("canceled_at"),
    _instant("ended_at"),
    Column("collection_paused", Boolean, nullable=False),
    _instant("anchor"),
    Index("subscription_provider", "provider", "provider_id", unique=True),
    # Two that could collect at once would charge twice.
    Index(
        "subscription_one_running",
        "dues_id",
        unique=True,
        postgresql_where=text("status NOT IN ('canceled', 'incomplete_expired')"),
    ),
    Index("subscription_dues", "dues_id"),
)

checkout = Table(
    "checkout",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subscription_id", Uuid, ForeignKey("billing.subscription.id"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("terms", JsonOf(Terms), nullable=False),
    Column("success_url", Text, nullable=False),
    Column("cancel_url", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("provider_id", Text, unique=True),
    Column("url", Text),
    _instant("expires_at"),
    _instant("created_at", required=True),
    CheckConstraint("status IN ('open', 'complete', 'expired')", name="checkout_status"),
    Index(
        "checkout_one_open",
        "subscription_id",
        unique=True,
        postgresql_where=text("status = 'open'"),
    ),
)

claim = Table(
    "claim",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dues_id", Uuid, ForeignKey("billing.dues.id"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("billing_account_id", Uuid, ForeignKey("billing.billing_account.id"), nullable=False),
    Column("subscription_id", Uuid, ForeignKey("billing.subscription.id")),
    Column("provider", Text, nullable=False),
    Column("provider_invoice_id", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Uuid, unique=True),
    Column("lines", JsonOf(tuple[Line, ...]), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("outstanding", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    _instant("start", required=True),
    _instant("until", required=True),
    Column("first", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("refunding", BigInteger, nullable=False),
    _instant("due_at"),
    Column("document_id", Uuid),
    _instant("failure_known_at"),
    _instant("paid_at"),
    Column("written_off", BigInteger, nullable=False),
    Column("overpaid", BigInteger, nullable=False),
    Column("credited", BigInteger, nullable=False),
    Column("left_out", JsonOf(tuple[date, ...]), nullable=False),
    Column("given_back", JsonOf(tuple[date, ...]), nullable=False),
    _instant("written_off_at"),
    Column("written_off_because", Text),
    CheckConstraint(
        "status IN ('open', 'failed', 'paid', 'void', 'written_off')", name="claim_status"
    ),
    CheckConstraint("written_off >= 0", name="claim_written_off"),
    CheckConstraint("overpaid >= 0", name="claim_overpaid"),
    CheckConstraint("credited >= 0", name="claim_credited"),
    CheckConstraint("kind IN ('period', 'fee', 'collective')", name="claim_kind"),
    Index("claim_invoice", "provider", "provider_invoice_id", unique=True),
    Index("claim_dues", "dues_id"),
)

payment = Table(
    "payment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey("billing.claim.id"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("provider_payment_id", Text, nullable=False, unique=True),
    Column("method", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    _instant("paid_at", required=True),
    Column("reference", Text),
    Column("actor", Text),
    Column("taken_back", BigInteger, nullable=False),
    _instant("taken_back_at"),
    Column("taken_back_because", Text),
    Column("fence", BigInteger),
    CheckConstraint("method IN ('card', 'cash', 'transfer')", name="payment_method"),
    CheckConstraint("taken_back BETWEEN 0 AND amount", name="payment_taken_back"),
    Index("payment_claim", "claim_id"),
)

refund = Table(
    "refund",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey("billing.claim.id"), nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("payment_id", Uuid, ForeignKey("billing.payment.id"), nullable=False),
    Column("provider_refund_id", Text, unique=True),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("actor", Text, nullable=False),
    _instant("requested_at", required=True),
    _instant("succeeded_at"),
    Column("failure", Text),
    CheckConstraint("amount > 0", name="refund_amount"),
    CheckConstraint("access IN ('keep', 'end_now')", name="refund_access"),
    CheckConstraint(
        "status IN ('requested', 'pending', 'succeeded', 'failed', 'canceled')",
        name="refund_status",
    ),
    Index("refund_claim", "claim_id"),
)

webhook_event = Table(
    "webhook_event",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("api_version", Text),
    Column("account", Text),
    # The subscription that it concerns, if it says so, and the object that is to be fetched.
    Column("about", Text),
    Column("subject", Text),
    Column("body", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # Why it was ignored, or the traceback of the last failure.
    Column("note", Text),
    _instant("received_at", required=True),
    # When a sweep takes it up, unless it is finished by then.
    _instant("due_at", required=True),
    _instant("handled_at"),
    CheckConstraint(
        "state IN ('received', 'handled', 'ignored', 'dead')", name="webhook_event_state"
    ),
    Index("webhook_event_once", "source", "event_id", unique=True),
    Index("webhook_event_due", "due_at", postgresql_where=text("state = 'received'")),
    Index("webhook_event_received", "received_at", "id"),
    Index("webhook_event_about", "about", postgresql_where=text("state = 'received'")),
    Index("webhook_event_subject", "subject", postgresql_where=text("state = 'received'")),
)
