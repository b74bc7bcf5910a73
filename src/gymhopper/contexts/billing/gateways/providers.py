"""Which provider a process speaks to, and which secrets its webhooks are signed with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.gateways.stripe import StripeGateway
from gymhopper.contexts.billing.settings import BillingSettings

if TYPE_CHECKING:
    from gymhopper.chassis.runtime import Runtime

SANDBOX_KEY = "sk_test_sandbox"
SANDBOX_PATH = "/sandbox/stripe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What a webhook must be signed with: the live secrets by source, and how long it is good."""

    secrets: Mapping[str, Sequence[str]]
    tolerance: timedelta


_providers: "WeakKeyDictionary[Runtime, PaymentProvider]" = WeakKeyDictionary()
_endpoints: "WeakKeyDictionary[Runtime, Endpoint]" = WeakKeyDictionary()


def payment_provider(runtime: "Runtime") -> PaymentProvider:
    """The runtime's provider; made at first use, when the address of the process is known."""
    if runtime not in _providers:
        settings = BillingSettings()
        sandbox = settings.stripe_api_key is None
        _providers[runtime] = StripeGateway(
            settings.stripe_api_key.get_secret_value() if settings.stripe_api_key else SANDBOX_KEY,
            api_base=settings.stripe_api_base or (runtime.url + SANDBOX_PATH if sandbox else None),
            timeout=settings.stripe_timeout,
            retries=settings.stripe_retries,
            direct=sandbox,
        )
    return _providers[runtime]


class ProviderConnection:
    """Closes the runtime's provider when the process ends; it is opened by its first use."""

    name = "payment-provider"

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime

    async def start(self) -> None:
        """Nothing is opened before it is needed."""
        _providers.pop(self._runtime, None)

    async def stop(self) -> None:
        """Close it. Work that is still under way may fail, and is tried again: it opens nothing
        that nobody would close."""
        provider = _providers.get(self._runtime)
        if provider is not None:
            await provider.close()

    def trouble(self) -> str | None:
        """A provider that is down is no reason to refuse requests: webhooks and reads need none."""
        return None


def endpoint(runtime: "Runtime") -> Endpoint:
    """The runtime's webhook endpoint. The sandbox signs with a key that both sides derive."""
    if runtime not in _endpoints:
        settings = BillingSettings()
        platform = [each.get_secret_value() for each in settings.stripe_webhook_secrets]
        connect = [each.get_secret_value() for each in settings.stripe_connect_webhook_secrets]
        if settings.stripe_api_key is None:
            platform = platform or _derived(runtime, "sandbox-stripe-webhook")
            connect = connect or _derived(runtime, "sandbox-stripe-connect-webhook")
        _endpoints[runtime] = Endpoint(
            secrets={"stripe": platform, "stripe_connect": connect},
            tolerance=settings.webhook_tolerance,
        )
    return _endpoints[runtime]


def _derived(runtime: "Runtime", purpose: str) -> list[str]:
    return ["whsec_" + each.secret.hex() for each in runtime.secrets.keys(purpose)]
