"""What must always be true of money; each query counts what breaks it.

The event log is read beside the context's own schema: it says what was published.
"""

from gymhopper.contexts.billing.storage.credit_invariants import CREDIT
from gymhopper.contexts.billing.storage.document_invariants import DOCUMENTS
from gymhopper.contexts.billing.storage.sponsor_invariants import SPONSORS

INVARIANTS = {
    "What is owed is what failed claims have outstanding": (
        "SELECT count(*) FROM billing.dues AS d WHERE owed <> (SELECT coalesce(sum(outstanding), 0)"
        " FROM billing.claim AS c WHERE c.dues_id = d.id AND c.status = 'failed')"
    ),
    "Who owes nothing is not overdue, and who owes is overdue since some day": (
        "SELECT count(*) FROM billing.dues WHERE (owed = 0) <> (overdue_since IS NULL)"
    ),
    "A paid claim has nothing outstanding": (
        "SELECT count(*) FROM billing.claim WHERE status = 'paid' AND outstanding <> 0"
    ),
    "A paid claim was announced once, for what it came to": (
        "SELECT count(*) FROM (SELECT id, amount FROM billing.claim WHERE paid_at IS NOT NULL) AS c"
        " FULL JOIN (SELECT CAST(data->>'claim_id' AS uuid) AS id, count(*) AS n,"
        " min(CAST(data->'amount'->>'amount' AS bigint)) AS amount FROM bus.event"
        " WHERE type IN ('billing.payment.succeeded.v1', 'billing.fee.paid.v1',"
        " 'billing.sponsor_claim.paid.v1') GROUP BY 1)"
        " AS e USING (id)"
        " WHERE e.n IS DISTINCT FROM 1 OR c.amount IS DISTINCT FROM e.amount"
    ),
    "No more came in for a claim than it asks for, and in its currency": (
        "SELECT count(*) FROM (SELECT c.id FROM billing.claim AS c"
        " JOIN billing.payment AS p ON p.claim_id = c.id GROUP BY c.id"
        " HAVING sum(p.amount - p.taken_back) > c.amount + c.overpaid"
        " OR bool_or(p.currency <> c.currency)) AS wrong"
    ),
    "What came in beyond a claim is credit": (
        "SELECT count(*) FROM billing.claim AS c WHERE overpaid <> (SELECT coalesce(sum(amount), 0)"
        " FROM billing.credit_movement AS m WHERE m.claim_id = c.id"
        " AND m.kind IN ('overpaid', 'reclaimed'))"
    ),
    "No more goes back than came in": (
        "SELECT count(*) FROM (SELECT p.id FROM billing.payment AS p"
        " JOIN billing.refund AS r ON r.payment_id = p.id"
        " WHERE r.status IN ('requested', 'pending', 'succeeded') GROUP BY p.id"
        " HAVING sum(r.amount) > p.amount OR bool_or(r.currency <> p.currency)) AS wrong"
    ),
    "What a claim says went back is the sum of its refunds": (
        "SELECT count(*) FROM billing.claim AS c WHERE refunded <> (SELECT coalesce(sum(amount), 0)"
        " FROM billing.refund AS r WHERE r.claim_id = c.id AND r.status = 'succeeded')"
    ),
    "What a claim says is on its way back is the sum of the refunds that are": (
        "SELECT count(*) FROM billing.claim AS c WHERE refunding <>"
        " (SELECT coalesce(sum(amount), 0) FROM billing.refund AS r"
        " WHERE r.claim_id = c.id AND r.status IN ('requested', 'pending'))"
    ),
    "A refund that went through was announced once, for its own amount": (
        # What goes back to a sponsor is told by its credit note.
        "SELECT count(*) FROM (SELECT b.id, b.amount FROM billing.refund AS b"
        " JOIN billing.claim AS c ON c.id = b.claim_id"
        " WHERE b.succeeded_at IS NOT NULL AND c.kind <> 'collective') AS r"
        " FULL JOIN (SELECT CAST(data->>'refund_id' AS uuid) AS id, count(*) AS n,"
        " min(CAST(data->'amount'->>'amount' AS bigint)) AS amount FROM bus.event"
        " WHERE type = 'billing.payment.refunded.v1' GROUP BY 1) AS e USING (id)"
        " WHERE e.n IS DISTINCT FROM 1 OR r.amount IS DISTINCT FROM e.amount"
    ),
    "Every entry of the ledger balances, in accounts of its own books": (
        "SELECT count(*) FROM (SELECT e.id FROM billing.ledger_entry AS e"
        " LEFT JOIN billing.ledger_posting AS p ON p.entry_id = e.id"
        " LEFT JOIN billing.ledger_account AS a ON a.id = p.account_id GROUP BY e.id"
        " HAVING count(a.id) < 2 OR sum(p.amount) <> 0"
        " OR count(a.id) <> count(*) FILTER (WHERE a.organisation_id = e.organisation_id"
        " AND a.legal_entity_id = e.legal_entity_id AND a.currency = e.currency)) AS wrong"
    ),
    "The trial balance of all books is zero": (
        "SELECT count(*) FROM (SELECT FROM billing.ledger_account AS a"
        " JOIN billing.ledger_posting AS p ON p.account_id = a.id"
        " GROUP BY a.organisation_id, a.legal_entity_id, a.currency"
        " HAVING sum(p.amount) <> 0) AS wrong"
    ),
    "Whatever is owed or was paid has its legal invoice": (
        "SELECT count(*) FROM billing.claim WHERE document_id IS NULL AND amount > 0"
        " AND status <> 'void' AND (NOT first OR paid_at IS NOT NULL)"
    ),
    "The ledger says of each claim what the claim says": (
        "SELECT count(*) FROM billing.claim AS c"
        " LEFT JOIN LATERAL (SELECT coalesce(sum(p.amount), 0) AS owed"
        " FROM billing.ledger_entry AS e JOIN billing.ledger_posting AS p ON p.entry_id = e.id"
        " JOIN billing.ledger_account AS a ON a.id = p.account_id"
        " WHERE e.claim_id = c.id AND a.kind = 'receivable') AS books ON true"
        " LEFT JOIN LATERAL (SELECT coalesce(sum(amount - taken_back), 0) AS kept"
        " FROM billing.payment WHERE claim_id = c.id) AS payments ON true"
        # A refund that did not arrive is owed to whoever had paid.
        " LEFT JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS back FROM billing.refund"
        " WHERE claim_id = c.id AND succeeded_at IS NOT NULL AND status <> 'succeeded')"
        " AS returned ON true WHERE books.owed + returned.back <>"
        " CASE WHEN c.document_id IS NULL OR c.status = 'void' THEN c.overpaid - payments.kept"
        " ELSE c.outstanding END"
    ),
    "The ledger says of each claim what was given up": (
        "SELECT count(*) FROM billing.claim AS c LEFT JOIN"
        " (SELECT e.claim_id, sum(p.amount) AS lost FROM billing.ledger_entry AS e"
        " JOIN billing.ledger_posting AS p ON p.entry_id = e.id"
        " JOIN billing.ledger_account AS a ON a.id = p.account_id WHERE a.kind = 'bad_debt'"
        " GROUP BY 1) AS books ON books.claim_id = c.id"
        " WHERE c.written_off <> coalesce(books.lost, 0)"
        " OR (c.status = 'written_off') <> (c.written_off > 0 AND c.outstanding = 0)"
    ),
    "No webhook has been given up": (
        "SELECT count(*) FROM billing.webhook_event WHERE state = 'dead'"
    ),
    "A webhook that was handled or ignored says when": (
        "SELECT count(*) FROM billing.webhook_event"
        " WHERE (state IN ('handled', 'ignored')) <> (handled_at IS NOT NULL)"
    ),
    **CREDIT,
    **DOCUMENTS,
    **SPONSORS,
}
