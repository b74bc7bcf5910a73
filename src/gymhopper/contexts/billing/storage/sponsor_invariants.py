"""What must always be true of what sponsors are asked for; each query counts what breaks it."""

SPONSORS = {
    "A sponsor's claim is its part of the periods that are in it": (
        "SELECT count(*) FROM billing.claim AS c WHERE c.kind = 'collective' AND c.amount <>"
        " (SELECT coalesce(sum(part), 0) FROM billing.covered_period AS p WHERE p.claim_id = c.id)"
    ),
    "What a sponsor does not pay of a period is what its member is asked for": (
        "SELECT count(*) FROM billing.covered_period AS p"
        " JOIN billing.claim AS c ON c.id = p.own_claim_id"
        " WHERE c.amount <> p.own OR c.cause <> p.id OR c.membership_id <> p.membership_id"
    ),
    "A sponsor owes for itself alone": (
        "SELECT count(*) FROM billing.claim AS c"
        " JOIN billing.dues AS d ON d.id = c.dues_id"
        " WHERE (c.kind = 'collective') <> (d.kind = 'sponsor')"
        " OR d.kind = 'sponsor' AND (c.billing_account_id <> d.billing_account_id"
        " OR d.membership_id <> d.billing_account_id OR d.person_id <> d.billing_account_id)"
    ),
}
