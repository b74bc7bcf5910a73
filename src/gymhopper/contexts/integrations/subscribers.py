"""Integrations listens to everything that is offered, whatever context says it."""

from gymhopper.chassis.registry import Subscriptions
from gymhopper.contexts.integrations.catalogue import published
from gymhopper.contexts.integrations.usecases.queue_event import queue_event

# It hears of every visit; each turn is a transaction, and webhooks are not waited for.
subscriptions = Subscriptions(linger=0.1)
subscriptions.on(*published().values())(queue_event)
