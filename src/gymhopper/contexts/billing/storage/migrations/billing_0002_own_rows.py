"""Who pays, beside everything that is about their money; people see what is theirs."""

from alembic import op

revision = "billing_0002"
down_revision = "billing_0001"

_ABOUT_A_PERSON = {
    "dues": "SELECT id, billing_account_id FROM billing.dues",
    "subscription": "SELECT s.id, d.billing_account_id FROM billing.subscription AS s"
    " JOIN billing.dues AS d ON d.id = s.dues_id",
    "checkout": "SELECT c.id, d.billing_account_id FROM billing.checkout AS c"
    " JOIN billing.subscription AS s ON s.id = c.subscription_id"
    " JOIN billing.dues AS d ON d.id = s.dues_id",
    "claim": "SELECT c.id, d.billing_account_id FROM billing.claim AS c"
    " JOIN billing.dues AS d ON d.id = c.dues_id",
    "payment": "SELECT p.id, d.billing_account_id FROM billing.payment AS p"
    " JOIN billing.claim AS c ON c.id = p.claim_id JOIN billing.dues AS d ON d.id = c.dues_id",
    "refund": "SELECT r.id, d.billing_account_id FROM billing.refund AS r"
    " JOIN billing.claim AS c ON c.id = r.claim_id JOIN billing.dues AS d ON d.id = c.dues_id",
}


def upgrade() -> None:
    for table, accounts in _ABOUT_A_PERSON.items():
        op.execute(f"ALTER TABLE billing.{table} ADD COLUMN person_id uuid")
        op.execute(
            f"UPDATE billing.{table} AS t SET person_id = a.person_id"  # noqa: S608 - our own tables
            f" FROM ({accounts}) AS of (id, account), billing.billing_account AS a"
            " WHERE t.id = of.id AND a.id = of.account"
        )
        op.execute(f"ALTER TABLE billing.{table} ALTER COLUMN person_id SET NOT NULL")
    # To look at: the books are written in the organisation's name.
    for table in ("billing_account", *_ABOUT_A_PERSON):
        op.execute(
            f"CREATE POLICY own ON billing.{table} FOR SELECT USING (chassis.acts_as(person_id))"
        )


def downgrade() -> None:
    op.execute("DROP POLICY own ON billing.billing_account")
    for table in _ABOUT_A_PERSON:
        op.execute(f"DROP POLICY own ON billing.{table}")
        op.execute(f"ALTER TABLE billing.{table} DROP COLUMN person_id")
