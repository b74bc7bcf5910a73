"""What `doctor` and these proofs look at is looked at for real: each planted wrong is found."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from e2e.broken_timetable import BROKEN_TIMETABLE
from e2e.soundness import FLAWS, assert_sound
from gymhopper.app.demo import DEMO_CONTEXTS, tell_story
from gymhopper.app.opening import open_runtime
from gymhopper.app.process import Process
from gymhopper.app.wellness import promises
from gymhopper.chassis.registry import load
from gymhopper.chassis.settings import CONTEXTS, Settings

pytestmark = pytest.mark.timeout(300)

PROMISES = promises(load(CONTEXTS))

ENDPOINT = (
    "INSERT INTO integrations.endpoint (id, organisation_id, url, description, event_types,"
    " secret, created_at, status, failures, version) VALUES (gen_random_uuid(),"
    " gen_random_uuid(), '', '', '{}', '', to_timestamp(0), 'enabled', 0, 1)"
)
CREDIT = (
    "INSERT INTO billing.credit (id, organisation_id, billing_account_id, legal_entity_id,"
    " currency, balance, placed) SELECT id, organisation_id, id, gen_random_uuid(), 'EUR', 5, 0"
    " FROM billing.billing_account"
)
MESSAGE = (
    "INSERT INTO integrations.message (id, organisation_id, event_id, type, occurred_at, stored_at,"
    " body) SELECT id, organisation_id, id, '', created_at, created_at, ''"
    " FROM integrations.endpoint"
)
DELIVERY = (
    "INSERT INTO integrations.delivery (id, organisation_id, endpoint_id, message_id, webhook_id,"
    " type, status, attempts, tries, due_at, created_at) SELECT id, organisation_id, id, id, '',"
    " '', 'pending', 0, 0, created_at, created_at FROM integrations.endpoint"
)


def webhook(then: str) -> str:
    """A webhook that is on its way and as it should be, and what goes wrong with it."""
    return f"{ENDPOINT}; {MESSAGE}; {DELIVERY}; {then}"


UNBALANCED = (
    "ALTER TABLE billing.ledger_posting DISABLE TRIGGER USER;"
    " UPDATE billing.ledger_posting SET amount = amount + 1 WHERE line = 1"
)

COLLECTIVE = "UPDATE billing.claim SET kind = 'collective'"

BROKEN_PROMISES = {
    **BROKEN_TIMETABLE,
    "What goes on with a membership's terms is the one that it went over to": (
        "UPDATE membership.membership SET transferred_from = id, start_at = purchased_at"
    ),
    "A promo code was redeemed as often as it says, and not more often than it may be": (
        "INSERT INTO membership.promo_code (id, version, organisation_id, code, code_key,"
        " basis_points, joining_fee, first_purchase, valid_from, redeemed, status, created_at)"
        " SELECT id, 1, organisation_id, '', '', 1, false, false, starts_on, 1, 'offered',"
        " purchased_at FROM membership.membership LIMIT 1"
    ),
    "A person redeems a promo code once, for a membership of theirs": (
        "INSERT INTO membership.promo_code (id, version, organisation_id, code, code_key,"
        " basis_points, joining_fee, first_purchase, valid_from, redeemed, status, created_at)"
        " SELECT id, 1, organisation_id, '', '', 1, false, false, starts_on, 1, 'offered',"
        " purchased_at FROM membership.membership LIMIT 1;"
        " INSERT INTO membership.promo_redemption (id, version, organisation_id, promo_code_id,"
        " member_id, person_id, membership_id, redeemed_at, repeated) SELECT m.id, 1,"
        " m.organisation_id, c.id, m.member_id, m.id, m.id, m.purchased_at, false"
        " FROM membership.membership AS m JOIN membership.promo_code AS c ON c.id = m.id"
    ),
    "A sponsor's claim is its part of the periods that are in it": COLLECTIVE,
    "A sponsor owes for itself alone": COLLECTIVE,
    "What a sponsor does not pay of a period is what its member is asked for": (
        "INSERT INTO billing.sponsor_account (id, organisation_id, dues_id, pays_within_days,"
        " billed_from, billed_until) SELECT billing_account_id, organisation_id, id, 1,"
        " to_timestamp(0), to_timestamp(0) FROM billing.dues LIMIT 1;"
        " INSERT INTO billing.covered_period (id, organisation_id, sponsor_id, membership_id,"
        " start, until, price, part, own, currency, own_claim_id) SELECT a.id, a.organisation_id,"
        " a.id, a.id, to_timestamp(0), to_timestamp(0), 1, 0, 1, 'EUR', c.id"
        " FROM billing.sponsor_account AS a CROSS JOIN billing.claim AS c LIMIT 1"
    ),
    "Who is on a sponsor's account has a membership that the sponsor pays": (
        "INSERT INTO membership.sponsor (id, version, organisation_id, name, plan_id, price_id,"
        " opened_at, owed) SELECT id, 1, organisation_id, '', plan_id, price_id, purchased_at, 0"
        " FROM membership.membership LIMIT 1;"
        " INSERT INTO membership.sponsored (id, version, organisation_id, sponsor_id, external_id,"
        " member_id, person_id, membership_id, starts_on, ends_on) SELECT m.id, 1,"
        " m.organisation_id, s.id, '', m.member_id, m.person_id, m.id, m.starts_on, m.starts_on"
        " FROM membership.membership AS m JOIN membership.sponsor AS s ON s.id = m.id"
    ),
    "Whoever pays for a membership is of its organisation": (
        "UPDATE membership.membership SET payer_kind = 'household', payer_id = id"
    ),
    "A document was announced once, with its number": (
        "DELETE FROM bus.event WHERE type = 'billing.document.issued.v1'"
    ),
    "A document's number is that of its place in its series": (
        "ALTER TABLE billing.series DISABLE TRIGGER USER;"
        " UPDATE billing.series SET prefix = prefix || 'X'"
    ),
    "The numbers of a series run from 1 to its last without a gap": (
        "UPDATE billing.series SET last = last + 1"
    ),
    "The lines and the taxes of a document come to its totals": (
        "ALTER TABLE billing.document DISABLE TRIGGER USER;"
        " UPDATE billing.document SET net = net + 1, tax = tax - 1"
    ),
    "No more is credited than was invoiced, and in the same currency": (
        "ALTER TABLE billing.document DISABLE TRIGGER USER;"
        " WITH first AS (SELECT min(id::text)::uuid AS id FROM billing.document)"
        " UPDATE billing.document AS d SET corrects_id = first.id, kind = 'credit_note',"
        " cause = gen_random_uuid() FROM first WHERE d.id <> first.id"
    ),
    "Whatever is owed or was paid has its legal invoice": (
        "UPDATE billing.claim SET document_id = NULL"
    ),
    "The ledger says of each claim what the claim says": (
        "UPDATE billing.claim SET outstanding = outstanding + 7"
    ),
    "Every entry of the ledger balances, in accounts of its own books": UNBALANCED,
    "The trial balance of all books is zero": UNBALANCED,
    "A guardian and the dependent are two members of the guardianship's organisation": (
        "ALTER TABLE membership.guardianship DROP CONSTRAINT guardianship_check;"
        " INSERT INTO membership.guardianship (id, version, organisation_id, guardian_member_id,"
        " guardian_person_id, dependent_member_id, dependent_person_id, began_at)"
        " SELECT gen_random_uuid(), 1, organisation_id, id, person_id, id, person_id, now()"
        " FROM membership.member LIMIT 1"
    ),
    "A member who was merged is gone, and all that was theirs is the survivor's": (
        "INSERT INTO membership.merged_member (id, organisation_id, person_id, into_member_id,"
        " into_person_id, number, registered_at, merged_at, merged_by)"
        " SELECT id, organisation_id, person_id, id, person_id, number, now(), now(), 'staff'"
        " FROM membership.member LIMIT 1"
    ),
    "A waiver was signed in a version and a text that it has, for a member of its organisation": (
        "WITH w AS (INSERT INTO membership.waiver"
        " (id, version, organisation_id, name, zone, created_at)"
        " SELECT gen_random_uuid(), 1, organisation_id, 'Pool', 'UTC', now()"
        " FROM membership.member LIMIT 1 RETURNING id, organisation_id),"
        " v AS (INSERT INTO membership.waiver_version (id, waiver_id, organisation_id, number,"
        " texts, enforce_from, enforced_at, published_at, published_by)"
        " SELECT gen_random_uuid(), id, organisation_id, 1, '{}', current_date, now(), now(), 'me'"
        " FROM w RETURNING *) INSERT INTO membership.waiver_signature (id, version,"
        " organisation_id, waiver_id, waiver_version_id, number, member_id, person_id, language,"
        " text_hash, channel, signed_by, actor, signed_at)"
        " SELECT gen_random_uuid(), 1, v.organisation_id, v.waiver_id, v.id, 1, m.id, m.person_id,"
        " 'en', 'none', 'desk', 'self', 'me', now() FROM v JOIN membership.member AS m"
        " ON m.organisation_id = v.organisation_id LIMIT 1"
    ),
    "Doors are told of all credits that were used or are left": (
        "UPDATE membership.membership SET credits = 5,"
        " offer = coalesce(offer, '{}') || '{\"pack\": {}}'"
    ),
    "No booking returns more of a lot, or of what was overdrawn, than it had taken": (
        "INSERT INTO membership.credit_entry (id, organisation_id, membership_id, kind, units,"
        " cause, at, recorded_at, actor, reason, booking_version) SELECT id, organisation_id, id,"
        " 'overdraw', 1, id, purchased_at, purchased_at, '', '', 1"
        " FROM membership.membership LIMIT 1"
    ),
    "Every visit on credit is in the ledger once": (
        "UPDATE membership.membership SET credit_visits = 1"
    ),
    "What is left in a lot is the sum of its entries": (
        "INSERT INTO membership.credit_lot (id, organisation_id, membership_id, source, cause,"
        " units, price_amount, price_currency, tax_code, visits, granted_at, lasts_from_use,"
        " left_units, expired_units) SELECT gen_random_uuid(), organisation_id, id, 'goodwill',"
        " gen_random_uuid(), 5, 0, 'EUR', 'standard', true, now(), false, 5, 0"
        " FROM membership.membership LIMIT 1"
    ),
    "Every aggregate's events have the versions 1, 2, 3 ... in the order of the log": (
        "UPDATE bus.event SET aggregate_version = 99"
        " WHERE seq = (SELECT min(seq) FROM bus.event WHERE aggregate_version > 1)"
    ),
    "No two events have the same place in the log": "UPDATE bus.event SET seq = 2 WHERE seq = 3",
    "No subscriber is beyond the end of the log": "UPDATE bus.cursor SET seq = seq + 1000",
    "No delivery is parked": (
        "INSERT INTO bus.parked"
        " (subscriber, event_id, seq, aggregate_id, state, attempts, envelope)"
        " SELECT 'access', id, seq, aggregate_id, 'parked', 7, '{}' FROM bus.event WHERE seq = 1"
    ),
    "No timer has given up": "UPDATE chassis.timer SET attempts = 7",
    "No job has failed for good": (
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, status)"
        " VALUES ('billing', 'billing.apply_webhook', 'failed')"
    ),
    "The journal's entries are numbered without a gap, and each hash rests on the one before": (
        "UPDATE access.journal SET record = record || decode('00', 'hex') WHERE entry = 1"
    ),
    "The journal ends where the drain has come to": (
        "UPDATE access.drain SET hash = decode(repeat('00', 32), 'hex')"
    ),
    "Every visit was counted once": ("INSERT INTO access.visit SELECT * FROM access.visit LIMIT 1"),
    "Every visit stands in the journal, as an admission of that person": (
        "UPDATE access.visit SET person_id = gen_random_uuid()"
    ),
    "Every visit was published once, and nothing else was": (
        "DELETE FROM access.visit WHERE entry = (SELECT min(entry) FROM access.visit)"
    ),
    "Every credential is in the feed of every cell": (
        "DELETE FROM access.feed WHERE kind = 'credential'"
    ),
    "No row of a feed is beyond its end": "UPDATE access.cell SET number = 1",
    "What is owed is what failed claims have outstanding": "UPDATE billing.dues SET owed = 1",
    "Who owes nothing is not overdue, and who owes is overdue since some day": (
        "UPDATE billing.dues SET overdue_since = to_timestamp(0)"
    ),
    "A paid claim has nothing outstanding": "UPDATE billing.claim SET outstanding = 1",
    "A paid claim was announced once, for what it came to": (
        "DELETE FROM bus.event WHERE type = 'billing.payment.succeeded.v1'"
    ),
    "No more came in for a claim than it asks for, and in its currency": (
        "UPDATE billing.payment SET amount = amount + 1"
    ),
    "What came in beyond a claim is credit": "UPDATE billing.claim SET overpaid = 1",
    "No more goes back than came in": "UPDATE billing.refund SET amount = 3901",
    "What a claim says went back is the sum of its refunds": (
        "UPDATE billing.claim SET refunded = 1"
    ),
    "What a claim says is on its way back is the sum of the refunds that are": (
        "UPDATE billing.claim SET refunding = 1"
    ),
    "A refund that went through was announced once, for its own amount": (
        "UPDATE billing.refund SET amount = amount + 1"
    ),
    "The ledger says of each claim what was given up": "UPDATE billing.claim SET written_off = 1",
    "A credit is the sum of its movements": CREDIT,
    "The ledger says of each credit what the credit says": CREDIT,
    "What was paid out of credit is what was taken from it": (
        "UPDATE billing.payment SET method = 'credit'"
    ),
    "No webhook has been given up": "UPDATE billing.webhook_event SET state = 'dead'",
    "A webhook that was handled or ignored says when": (
        "UPDATE billing.webhook_event SET handled_at = NULL"
    ),
    "A contract that has ended has its end, with a reason": (
        "UPDATE membership.membership SET end_reason = NULL"
    ),
    "A contract that runs has begun, and was paid for or is tried": (
        "UPDATE membership.membership SET contract = 'active', paid_from = NULL"
    ),
    "A contract that does not run out has an end from the day of the notice, and none before": (
        "UPDATE membership.membership SET contract = 'active'"
    ),
    "A contract and what belongs to it are one organisation's": (
        "UPDATE membership.overlay SET organisation_id = gen_random_uuid()"
    ),
    "Every contract has the evidence of its agreement": (
        "UPDATE membership.agreement SET membership_id = NULL"
    ),
    "A webhook endpoint that is disabled says since when and why, and no other does": webhook(
        "UPDATE integrations.endpoint SET disabled_at = created_at"
    ),
    "A webhook that is under way is due at some time, and a finished one says when": webhook(
        "UPDATE integrations.delivery SET due_at = NULL"
    ),
    "A webhook that was delivered was answered with success": webhook(
        "UPDATE integrations.delivery SET status = 'delivered', due_at = NULL,"
        " finished_at = created_at"
    ),
    "Every try of a webhook is in the log": webhook(
        "UPDATE integrations.delivery SET attempts = 1"
    ),
    "A webhook goes to the organisation whose event it tells of": webhook(
        "UPDATE integrations.message SET organisation_id = gen_random_uuid()"
    ),
    "Every seal of the audit log begins where the one before ended": (
        "INSERT INTO audit.seal SELECT coalesce(max(number), 0) + 1, coalesce(max(last), 0) + 2,"
        " coalesce(max(last), 0) + 2, '2026-03-01', to_timestamp(0), '', '', '' FROM audit.seal"
    ),
    "Every number of the audit log is sealed": "UPDATE audit.head SET last = last + 1",
}

PLANTED_FLAWS = {
    "a webhook that was answered is lost": (
        "DELETE FROM billing.webhook_event WHERE event_id = (SELECT min(event_id)"
        " FROM billing.webhook_event)"
    ),
    "the provider gave a webhook up": "UPDATE sandbox_stripe.delivery SET delivered_at = NULL",
    "a webhook is neither handled nor ignored": (
        "UPDATE billing.webhook_event SET state = 'received'"
    ),
    "a payer has another number of customers than one": (
        "INSERT INTO sandbox_stripe.object (id, account, kind, created, body)"
        " SELECT 'cus_twice', account, kind, created, body FROM sandbox_stripe.object"
        " WHERE kind = 'customer'"
    ),
    "a membership has more subscriptions than one": (
        "INSERT INTO sandbox_stripe.object (id, account, kind, created, body)"
        " SELECT 'sub_twice', account, kind, created, body FROM sandbox_stripe.object"
        " WHERE kind = 'subscription'"
    ),
    "the mirror differs from the provider's object": (
        "UPDATE billing.subscription SET period_until = period_until + interval '1 second'"
    ),
    "claims differ from the provider's invoices": (
        "UPDATE billing.claim SET provider_invoice_id = 'in_other'"
        " WHERE id = (SELECT min(id::text)::uuid FROM billing.claim)"
    ),
    "what came in and went back differs from the provider's charges": (
        "UPDATE billing.refund SET amount = amount + 1"
    ),
    "the provider keeps a refund that we never asked for": "DELETE FROM billing.refund",
    "access holds another state of a contract than membership": (
        "UPDATE access.entitlement SET version = version - 1"
    ),
}


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The database of a platform to which the story was told, and which stands still now."""
    settings = Settings(data_folder=tmp_path_factory.mktemp("told"), port=0, contexts=DEMO_CONTEXTS)
    async with open_runtime(settings, alone=True) as runtime:
        process = Process(runtime)
        await process.start()
        try:
            async for _ in tell_story(runtime):
                pass
            await assert_sound(runtime)
        finally:
            await process.lifecycle.stop()
        url = runtime.settings.superuser_url
        assert url is not None
        yield url


def test_every_check_is_tried() -> None:
    assert BROKEN_PROMISES.keys() == PROMISES.keys()
    assert PLANTED_FLAWS.keys() == FLAWS.keys()


@pytest.mark.parametrize("promise", BROKEN_PROMISES)
def test_a_broken_promise_is_counted(told: str, promise: str) -> None:
    with psycopg.connect(told) as connection:
        connection.execute(BROKEN_PROMISES[promise])
        (violations,) = connection.execute(PROMISES[promise]).fetchone() or (0,)
        connection.rollback()
    assert violations > 0


@pytest.mark.parametrize("flaw", PLANTED_FLAWS)
def test_a_flaw_across_contexts_is_found(told: str, flaw: str) -> None:
    with psycopg.connect(told) as connection:
        connection.execute(PLANTED_FLAWS[flaw])
        found = connection.execute(FLAWS[flaw]).fetchall()
        connection.rollback()
    assert found
