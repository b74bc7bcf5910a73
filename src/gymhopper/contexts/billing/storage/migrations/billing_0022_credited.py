"""What a claim's days were worth that became credit, and what is on its way back."""

from alembic import op

revision = "billing_0022"
down_revision = "billing_0021"


def upgrade() -> None:
    for name in ("credited", "refunding"):
        op.execute(f"ALTER TABLE billing.claim ADD COLUMN {name} bigint NOT NULL DEFAULT 0")
        op.execute(f"ALTER TABLE billing.claim ALTER COLUMN {name} DROP DEFAULT")
    op.execute("ALTER TABLE billing.claim ADD CONSTRAINT claim_credited CHECK (credited >= 0)")
    op.execute(
        "UPDATE billing.claim AS c SET refunding = r.amount FROM (SELECT claim_id,"
        " sum(amount) AS amount FROM billing.refund WHERE status IN ('requested', 'pending')"
        " GROUP BY 1) AS r WHERE r.claim_id = c.id"
    )
    # What was credited is not written down for each claim: it is what the days were worth.
    op.execute(
        "UPDATE billing.claim AS c SET credited = greatest(0, round((paid.amount - c.refunded)"
        " * jsonb_array_length(c.given_back)"
        " / (CAST(c.until AT TIME ZONE zone AS date) - CAST(c.start AT TIME ZONE zone AS date)"
        " - jsonb_array_length(c.left_out)))) FROM (SELECT each.id, d.terms->>'zone' AS zone,"
        " (SELECT sum(CAST(line->>'amount' AS numeric)) FROM jsonb_array_elements(each.lines)"
        " AS line WHERE line->>'kind' <> 'joining_fee') AS amount FROM billing.claim AS each"
        " JOIN billing.dues AS d ON d.id = each.dues_id"
        " WHERE jsonb_array_length(each.given_back) > 0) AS paid WHERE paid.id = c.id"
    )


def downgrade() -> None:
    for name in ("credited", "refunding"):
        op.execute(f"ALTER TABLE billing.claim DROP COLUMN {name}")
