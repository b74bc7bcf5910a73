"""What is true after the story, however it was told and whatever died meanwhile: across contexts,
and up to the simulated provider. `doctor` sees each context's own promises; this sees all at once.
"""

import asyncio
import time
from collections.abc import Collection, Mapping
from uuid import UUID

import psycopg

from gymhopper.app.wellness import examine
from gymhopper.chassis.runtime import Runtime

# Each query gives what is still on its way.
UNDER_WAY = {
    "numbering": "SELECT type FROM bus.event WHERE seq IS NULL",
    # A subscriber that nothing is sent to any more has no need to move.
    "events": (
        "SELECT subscriber FROM bus.cursor WHERE seq < (SELECT last FROM bus.sequence)"
        " AND NOT EXISTS (SELECT 1 FROM bus.cursor WHERE subscriber LIKE 'relay:%')"
    ),
    "set aside": "SELECT subscriber, state, error FROM bus.parked",
    "jobs": (
        "SELECT task_name, status FROM jobs.procrastinate_jobs WHERE status IN ('todo', 'doing')"
    ),
    "deliveries": "SELECT event_id, answer FROM sandbox_stripe.delivery WHERE due_at IS NOT NULL",
    "webhooks": "SELECT type, note FROM billing.webhook_event WHERE state = 'received'",
}

# Each query gives what must not be.
FLAWS = {
    "a webhook that was answered is lost": (
        "SELECT d.event_id FROM sandbox_stripe.delivery AS d WHERE d.delivered_at IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM billing.webhook_event AS w WHERE w.event_id = d.event_id)"
    ),
    "the provider gave a webhook up": (
        "SELECT event_id, answer FROM sandbox_stripe.delivery"
        " WHERE due_at IS NULL AND delivered_at IS NULL"
    ),
    "a webhook is neither handled nor ignored": (
        "SELECT event_id, type, state, note FROM billing.webhook_event"
        " WHERE state NOT IN ('handled', 'ignored')"
    ),
    "a payer has another number of customers than one": (
        "SELECT a.id, count(o.id) FROM billing.billing_account AS a"
        " LEFT JOIN sandbox_stripe.object AS o ON o.kind = 'customer'"
        " AND o.body#>>'{metadata,gymhopper_id}' = a.id::text"
        " GROUP BY a.id HAVING count(o.id) <> 1"
    ),
    "a membership has more subscriptions than one": (
        "SELECT body#>>'{metadata,membership_id}', count(*) FROM sandbox_stripe.object"
        " WHERE kind = 'subscription' GROUP BY 1 HAVING count(*) > 1"
    ),
    "the mirror differs from the provider's object": (
        "SELECT s.id, s.status, o.body FROM billing.subscription AS s"
        " JOIN sandbox_stripe.object AS o ON o.id = s.provider_id WHERE (s.status, s.customer_id,"
        " s.cancel_at, s.cancel_at_period_end, s.canceled_at, s.ended_at, s.collection_paused,"
        " s.period_start, s.period_until, s.amount) IS DISTINCT FROM"
        " (o.body->>'status', o.body->>'customer',"
        " to_timestamp((o.body->>'cancel_at')::bigint),"
        " (o.body->>'cancel_at_period_end')::boolean,"
        " to_timestamp((o.body->>'canceled_at')::bigint),"
        " to_timestamp((o.body->>'ended_at')::bigint),"
        " o.body->'pause_collection' <> 'null'::jsonb,"
        " to_timestamp((o.body#>>'{items,data,0,current_period_start}')::bigint),"
        " to_timestamp((o.body#>>'{items,data,0,current_period_end}')::bigint),"
        " (o.body#>>'{items,data,0,price,unit_amount}')::bigint)"
    ),
    "claims differ from the provider's invoices": (
        "SELECT coalesce(c.provider_invoice_id, o.id), c.status, o.body->>'status'"
        " FROM billing.claim AS c FULL JOIN (SELECT * FROM sandbox_stripe.object"
        " WHERE kind = 'invoice') AS o ON o.id = c.provider_invoice_id"
        " WHERE (c.amount, c.outstanding, c.status) IS DISTINCT FROM"
        " ((o.body->>'total')::bigint, (o.body->>'amount_remaining')::bigint,"
        " CASE o.body->>'status' WHEN 'paid' THEN 'paid' WHEN 'void' THEN 'void' ELSE"
        " CASE WHEN (o.body->>'attempt_count')::int > 0 THEN 'failed' ELSE 'open' END END)"
    ),
    "what came in and went back differs from the provider's charges": (
        "SELECT coalesce(ours.id, theirs.id), ours.came, theirs.came, ours.went, theirs.went FROM"
        " (SELECT p.provider_payment_id AS id, p.amount AS came, (SELECT coalesce(sum(r.amount), 0)"
        " FROM billing.refund AS r WHERE r.payment_id = p.id AND r.status = 'succeeded') AS went"
        " FROM billing.payment AS p) AS ours FULL JOIN"
        " (SELECT body->>'payment_intent' AS id, (body->>'amount')::bigint AS came,"
        " (body->>'amount_refunded')::bigint AS went FROM sandbox_stripe.object"
        " WHERE kind = 'charge' AND (body->>'paid')::boolean) AS theirs USING (id)"
        " WHERE (ours.came, ours.went) IS DISTINCT FROM (theirs.came, theirs.went)"
    ),
    "the provider keeps a refund that we never asked for": (
        "SELECT o.id FROM sandbox_stripe.object AS o WHERE o.kind = 'refund' AND NOT EXISTS"
        " (SELECT 1 FROM billing.refund AS r WHERE r.id::text = o.body#>>'{metadata,gymhopper_id}'"
        " AND r.provider_refund_id = o.id)"
    ),
    "access holds another state of a contract than membership": (
        "SELECT m.id, m.contract, e.state->>'contract' FROM membership.membership AS m"
        " LEFT JOIN access.entitlement AS e ON e.membership_id = m.id"
        " WHERE e.version IS DISTINCT FROM m.version"
        " OR e.state->>'contract' IS DISTINCT FROM m.contract"
    ),
}


async def assert_sound(runtime: Runtime) -> None:
    """Once all is done, nothing contradicts anything, and `doctor` finds all well."""
    url = runtime.settings.superuser_url
    assert url is not None
    await asyncio.to_thread(settle, url)
    assert found(url, FLAWS) == {}
    assert [each for each in await examine(runtime) if not each.well] == []


def settle(url: str, *, seconds: float = 60) -> None:
    """Wait until nothing is on its way any more; fails with what still is."""
    deadline = time.monotonic() + seconds
    while left := found(url, UNDER_WAY):
        assert time.monotonic() < deadline, f"still on its way: {left}"
        time.sleep(0.1)


def found(url: str, queries: Mapping[str, str]) -> dict[str, list[tuple[object, ...]]]:
    """The rows of those queries that give any."""
    with psycopg.connect(url) as connection:
        rows = {what: connection.execute(query).fetchall() for what, query in queries.items()}
    return {what: each for what, each in rows.items() if each}


def lost_visits(url: str, told: Collection[UUID]) -> set[UUID]:
    """Those of the visits that doors told people of which are not stored exactly once."""
    with psycopg.connect(url) as connection:
        once = connection.execute(
            "SELECT id FROM access.visit WHERE id = ANY(%s) GROUP BY id HAVING count(*) = 1",
            (list(told),),
        ).fetchall()
    return set(told) - {each for (each,) in once}
