"""What must always be true of account credit; each query counts what breaks it."""

CREDIT = {
    "A credit is the sum of its movements": (
        "SELECT count(*) FROM billing.credit AS c WHERE balance <> (SELECT coalesce(sum(amount), 0)"
        " FROM billing.credit_movement AS m WHERE m.credit_id = c.id)"
    ),
    "The ledger says of each credit what the credit says": (
        "SELECT count(*) FROM billing.credit AS c"
        " FULL JOIN (SELECT a.legal_entity_id, a.currency, CAST(a.of AS uuid) AS owner,"
        " sum(p.amount) AS amount FROM billing.ledger_account AS a"
        " JOIN billing.ledger_posting AS p ON p.account_id = a.id"
        " WHERE a.kind = 'customer_credit' GROUP BY 1, 2, 3) AS books"
        " ON books.owner = c.billing_account_id AND books.currency = c.currency"
        " AND books.legal_entity_id = c.legal_entity_id"
        " WHERE coalesce(c.balance, 0) <> -coalesce(books.amount, 0)"
    ),
    "What was paid out of credit is what was taken from it": (
        "SELECT count(*) FROM (SELECT claim_id, sum(amount) AS amount FROM ("
        " SELECT claim_id, amount - taken_back AS amount FROM billing.payment"
        " WHERE method = 'credit'"
        " UNION ALL SELECT p.claim_id, -r.amount FROM billing.refund AS r"
        " JOIN billing.payment AS p ON p.id = r.payment_id"
        " WHERE p.method = 'credit' AND r.status = 'succeeded'"
        " UNION ALL SELECT claim_id, amount FROM billing.credit_movement"
        " WHERE kind IN ('used', 'returned')) AS parts GROUP BY claim_id"
        " HAVING sum(amount) <> 0) AS wrong"
    ),
}
