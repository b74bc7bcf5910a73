"""Subscriptions by the thousand, at the simulated provider and in our records, in agreement.

The first one comes into being as any other: a page, a card, and what follows. The others are its
copies, written by SQL.
"""

from datetime import UTC, datetime

import httpx
import psycopg
from psycopg import sql

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.gateways.providers import payment_provider
from gymhopper.contexts.billing.usecases.follow_seller import follow_seller
from gymhopper.contexts.billing.usecases.reconcile import reconcile
from gymhopper.contexts.billing.usecases.start_checkout import StartCheckout, start_checkout
from gymhopper.contracts.membership.api import MembershipApi, Purchase
from gymhopper.contracts.venues.events import LegalEntityCreated
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

CARD = "4242424242424242"

SOLD = Purchase(
    membership_id=new_id(),
    member_id=new_id(),
    person_id=new_id(),
    organisation_id=new_id(),
    legal_entity_id=new_id(),
    plan_id=new_id(),
    plan_name="Basic",
    price_id=new_id(),
    price=Money(2990, "EUR"),
    interval="month",
    interval_count=1,
    contract="pending",
    starts_on=datetime.now(UTC).date(),
    zone="Europe/Vienna",
)

SELLER = LegalEntityCreated(
    legal_entity_id=SOLD.legal_entity_id,
    organisation_id=SOLD.organisation_id,
    name="Gym",
    country="AT",
    zone=SOLD.zone,
    currency=SOLD.price.currency,
)

_OBJECTS = """
INSERT INTO sandbox_stripe.object ({columns})
SELECT {values} FROM sandbox_stripe.object AS t, generate_series(1, {count}) AS k
WHERE t.id = {subscription}
"""
_BODY = """replace(replace(replace(replace(t.body::text,
    {subscription}, 'sub_bench_' || k), {item}, 'si_bench_' || k), {customer}, 'cus_bench_' || k),
    {ours}, md5('subscription' || k)::uuid::text)::jsonb"""
_RECORDS = """
INSERT INTO billing.dues SELECT copy.* FROM generate_series(1, {count}) AS k, billing.dues AS t,
    jsonb_populate_record(t, jsonb_build_object(
        'id', md5('dues' || k)::uuid, 'membership_id', md5('membership' || k)::uuid)) AS copy;
INSERT INTO billing.subscription SELECT copy.* FROM generate_series(1, {count}) AS k,
    (SELECT * FROM billing.subscription) AS t,
    jsonb_populate_record(t::billing.subscription, jsonb_build_object(
        'id', md5('subscription' || k)::uuid, 'dues_id', md5('dues' || k)::uuid,
        'provider_id', 'sub_bench_' || k, 'customer_id', 'cus_bench_' || k)) AS copy;
ANALYZE
"""


class _Memberships:
    """Keeps the part of `MembershipApi` that billing asks."""

    async def purchase(self, *, membership_id: object) -> Purchase | None:
        return SOLD if membership_id == SOLD.membership_id else None


def memberships() -> Context:
    """Stands in for the context that sells."""
    return Context(
        name="membership", apis=[Implementation(MembershipApi, lambda _: _Memberships())]
    )


async def subscribe(runtime: Runtime) -> None:
    """One subscription, paid for the first time; what the provider says of it is taken over."""
    async with runtime.begin(SERVICE) as uow:
        await follow_seller(uow, SELLER, version=1)
    provider = payment_provider(runtime)
    page = await start_checkout(
        runtime,
        provider,
        SERVICE,
        StartCheckout(
            membership_id=SOLD.membership_id,
            price=SOLD.price,
            success_url="http://127.0.0.1/",
            cancel_url="http://127.0.0.1/",
        ),
    )
    async with httpx.AsyncClient(trust_env=False) as browser:
        paid = await browser.post(page.url, data={"card": CARD})
        assert paid.status_code == 303, paid.text
    report = await reconcile(runtime, provider)
    assert report.agrees, report.findings


def copy(owner_url: str, count: int) -> None:
    """So many more of the one that is there."""
    with psycopg.ClientCursor(psycopg.connect(owner_url, autocommit=True)) as cursor:
        ours, theirs, customer, item = cursor.execute(
            "SELECT s.id::text, s.provider_id, s.customer_id, o.body#>>'{items,data,0,id}'"
            " FROM billing.subscription AS s JOIN sandbox_stripe.object AS o"
            " ON o.id = s.provider_id"
        ).fetchone()
        names = [
            name
            for (name,) in cursor.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = 'sandbox_stripe' AND table_name = 'object'"
                " AND is_identity = 'NO' AND is_generated = 'NEVER'"
            )
        ]
        said = {
            "subscription": sql.Literal(theirs),
            "customer": sql.Literal(customer),
            "item": sql.Literal(item),
            "ours": sql.Literal(ours),
        }
        values = {"id": sql.SQL("'sub_bench_' || k"), "body": sql.SQL(_BODY).format(**said)}
        cursor.execute(
            sql.SQL(_OBJECTS).format(
                columns=sql.SQL(", ").join(map(sql.Identifier, names)),
                values=sql.SQL(", ").join(
                    values.get(name, sql.Identifier("t", name)) for name in names
                ),
                count=sql.Literal(count),
                subscription=sql.Literal(theirs),
            )
        )
        cursor.execute(sql.SQL(_RECORDS).format(count=sql.Literal(count)))
        cursor.connection.close()
