"""Billing as the composition root sees it."""

from pathlib import Path

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Context, Implementation, Part
from gymhopper.contexts.billing.api import PlanChanges
from gymhopper.contexts.billing.gateways.providers import ProviderConnection
from gymhopper.contexts.billing.http import (
    cards,
    credit,
    desk,
    documents,
    ledger,
    payer_changes,
    payers,
    payments,
    sellers,
    sponsors,
    write_offs,
)
from gymhopper.contexts.billing.jobs import jobs, timers
from gymhopper.contexts.billing.storage.invariants import INVARIANTS
from gymhopper.contexts.billing.storage.mapping import map_all
from gymhopper.contexts.billing.storage.sealed import SEALED
from gymhopper.contexts.billing.subscribers import subscriptions
from gymhopper.contracts.billing.api import PlanChangesApi

map_all()

context = Context(
    name="billing",
    migrations=Migrations(
        "billing",
        Path(__file__).parent / "storage" / "migrations",
        only_added_to=("ledger_account", "ledger_entry", "ledger_posting", "credit_movement"),
    ),
    routers=[
        payments.router,
        credit.router,
        write_offs.router,
        desk.router,
        cards.router,
        documents.router,
        sellers.router,
        payers.router,
        payer_changes.router,
        sponsors.router,
        ledger.router,
    ],
    subscriptions=subscriptions,
    jobs=jobs,
    timers=timers,
    apis=[Implementation(PlanChangesApi, PlanChanges)],
    parts=[Part("api", ProviderConnection), Part("worker", ProviderConnection)],
    invariants=INVARIANTS,
    sealed=SEALED,
    tags={
        "documents": "Invoices and credit notes, who they are made out to, tax and numbers.",
        "ledger": "The books in double entry: balances and every movement of money.",
        "payments": "What memberships owe and paid, the page for the first payment, refunds.",
    },
    scopes={
        "payments:read": "see what memberships owe and paid",
        "receipts:write": "have a membership paid at the desk, and enter money that came in there",
        "payments:write": "give money back",
        "documents:read": "read invoices and credit notes",
        "payers:read": "see to whom documents are made out",
        "payers:write": "say who pays, and to whom documents are made out",
        "taxes:read": "see rates of tax and how documents are numbered",
        "taxes:write": "set rates of tax and how documents are numbered",
        "sponsorships:read": "see what sponsors owe, were asked for, and will be",
        "ledger:read": "see the books: balances and every movement of money",
        "means:read": "see the cards that a payer is charged by",
        "means:write": "have a card added that a payer is charged by, choose one, and remove one",
        "portal:write": "go to the payment provider's own pages as the payer",
        "checkouts:write": "open the page on which a membership is paid for",
    },
    audit_shows={
        "billing.billing_account": "kind",
        "billing.dues": "kind currency",
        "billing.sponsor_account": "pays_within_days billed_from billed_until",
        "billing.covered_period": "currency price part own",
        "billing.subscription": "provider status currency",
        "billing.checkout": "status",
        "billing.card_page": "status",
        "billing.claim_page": "status amount currency",
        "billing.removed_card": "",
        "billing.claim": "provider status currency",
        "billing.payment": "provider method currency",
        "billing.credit": "currency balance placed",
        "billing.credit_movement": "kind amount",
        "billing.credit_placement": "amount",
        "billing.refund": "status currency access",
        "billing.ledger_entry": "kind currency",
        "billing.seller": "country currency zone",
        "billing.numbering": "invoice_prefix",
        "billing.tax_rate": "code category percent exemption",
        "billing.document": "kind number currency amounts taxes",
    },
)
