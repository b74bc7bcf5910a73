"""What must always be true of endpoints and deliveries; each query counts what breaks it."""

INVARIANTS = {
    "A webhook endpoint that is disabled says since when and why, and no other does": (
        "SELECT count(*) FROM integrations.endpoint WHERE (status = 'disabled')"
        " <> (disabled_at IS NOT NULL) OR (disabled_at IS NULL) <> (disabled_reason IS NULL)"
    ),
    "A webhook that is under way is due at some time, and a finished one says when": (
        "SELECT count(*) FROM integrations.delivery WHERE (status = 'pending')"
        " <> (due_at IS NOT NULL) OR (status = 'pending') <> (finished_at IS NULL)"
    ),
    "A webhook that was delivered was answered with success": (
        "SELECT count(*) FROM integrations.delivery AS d WHERE status = 'delivered'"
        " AND NOT EXISTS (SELECT FROM integrations.attempt AS a WHERE a.delivery_id = d.id"
        " AND a.status_code BETWEEN 200 AND 299)"
    ),
    "Every try of a webhook is in the log": (
        "SELECT count(*) FROM integrations.delivery AS d WHERE attempts <>"
        " (SELECT count(*) FROM integrations.attempt AS a WHERE a.delivery_id = d.id)"
    ),
    "A webhook goes to the organisation whose event it tells of": (
        "SELECT count(*) FROM integrations.delivery AS d"
        " JOIN integrations.endpoint AS e ON e.id = d.endpoint_id"
        " JOIN integrations.message AS m ON m.id = d.message_id"
        " WHERE d.organisation_id <> e.organisation_id"
        " OR d.organisation_id <> m.organisation_id"
    ),
}
