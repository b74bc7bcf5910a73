"""Who the simulator is: one account, one secret key, one API version."""

from gymhopper.chassis.secrets import Secrets

API_KEY = "sk_test_sandbox"
API_VERSION = "2026-08-26.dahlia"
ACCOUNT = "acct_sandbox"
MOUNT = "/sandbox/stripe"
WEBHOOK_ROUTE = "/api/v1/payments/webhook"


def webhook_secret(secrets: Secrets, *, connect: bool = False) -> str:
    """The secret that signs the webhooks of this installation's simulator; those about connected
    accounts have one of their own."""
    purpose = "sandbox-stripe-connect-webhook" if connect else "sandbox-stripe-webhook"
    return "whsec_" + secrets.key(purpose).hex()
