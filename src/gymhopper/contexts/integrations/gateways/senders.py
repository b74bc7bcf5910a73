"""Each runtime's sender; made at first use."""

from weakref import WeakKeyDictionary

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.integrations.gateways.resolver import SystemResolver
from gymhopper.contexts.integrations.gateways.sender import WebhookSender
from gymhopper.contexts.integrations.settings import IntegrationsSettings

_senders: "WeakKeyDictionary[Runtime, WebhookSender]" = WeakKeyDictionary()


def webhook_sender(runtime: Runtime) -> WebhookSender:
    """The runtime's way out."""
    if runtime not in _senders:
        allowed = IntegrationsSettings().allow_private_targets
        use_sender(runtime, WebhookSender(SystemResolver(), allow_private=allowed))
    return _senders[runtime]


def use_sender(runtime: Runtime, sender: WebhookSender) -> None:
    """Have the runtime send by this one from now on."""
    _senders[runtime] = sender
