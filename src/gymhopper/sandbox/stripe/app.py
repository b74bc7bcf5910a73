"""The simulator's ASGI app: the API below `/v1`, the hosted pages beside it."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.api import (
    account_links,
    accounts,
    balance,
    catalogue,
    checkout,
    coupons,
    credit_notes,
    customer_balances,
    customers,
    disputes,
    events,
    invoice_items,
    invoices,
    payment_intents,
    payment_methods,
    payouts,
    portal,
    previews,
    refunds,
    setup_intents,
    subscriptions,
    test_clocks,
    transfers,
    webhook_endpoints,
)
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.hosted.authentication import AuthenticationPages
from gymhopper.sandbox.stripe.hosted.invoices import InvoicePages
from gymhopper.sandbox.stripe.hosted.onboarding import OnboardingPages
from gymhopper.sandbox.stripe.hosted.pages import CheckoutPages
from gymhopper.sandbox.stripe.hosted.portal import PortalPages
from gymhopper.sandbox.stripe.wire.server import Server, refused, unexpected

# `create_preview` comes before the invoices, among which it would be an id.
FAMILIES = (
    previews,
    account_links,
    accounts,
    balance,
    customer_balances,
    catalogue,
    checkout,
    coupons,
    credit_notes,
    customers,
    disputes,
    events,
    invoice_items,
    invoices,
    payment_intents,
    payment_methods,
    payouts,
    portal,
    refunds,
    setup_intents,
    subscriptions,
    test_clocks,
    transfers,
    webhook_endpoints,
)


def create_sandbox(runtime: Runtime, recovery: Recovery) -> Starlette:
    """The app, to be mounted at `account.MOUNT`."""
    endpoints = [endpoint for family in FAMILIES for endpoint in family.endpoints.all]
    return Starlette(
        routes=[
            *Server(runtime, recovery, endpoints).routes(),
            *CheckoutPages(runtime).routes(),
            *PortalPages(runtime, recovery).routes(),
            *InvoicePages(runtime, recovery).routes(),
            *AuthenticationPages(runtime).routes(),
            *OnboardingPages(runtime).routes(),
        ],
        exception_handlers={HTTPException: refused, Exception: unexpected},
    )
