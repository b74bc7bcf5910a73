"""The tables about cards: the pages on which they are added, and those that were removed."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid, text

from gymhopper.chassis.columns import INSTANT
from gymhopper.contexts.billing.storage.tables import metadata

card_page = Table(
    "card_page",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid),
    Column("billing_account_id", Uuid, ForeignKey("billing.billing_account.id"), nullable=False),
    Column("success_url", Text, nullable=False),
    Column("cancel_url", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("provider_id", Text, unique=True),
    Column("url", Text),
    Column("expires_at", INSTANT),
    Column("created_at", INSTANT, nullable=False),
    Column("card_id", Text),
    Column("applied_at", INSTANT),
    CheckConstraint("status IN ('open', 'complete', 'expired')", name="card_page_status"),
    Index(
        "card_page_one_open",
        "billing_account_id",
        unique=True,
        postgresql_where=text("status = 'open'"),
    ),
    Index("card_page_account", "billing_account_id", "created_at"),
)

removed_card = Table(
    "removed_card",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid),
    Column("billing_account_id", Uuid, ForeignKey("billing.billing_account.id"), nullable=False),
    Column("card_id", Text, nullable=False, unique=True),
    Column("removed_at", INSTANT, nullable=False),
    Column("done_at", INSTANT),
    Index("removed_card_account", "billing_account_id"),
)
