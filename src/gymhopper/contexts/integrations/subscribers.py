"""Integrations listens to everything that is offered, whatever context says it."""

from gymhopper.chassis.registry import Subscriptions
from gymhopper.contexts.integrations.catalogue import published
from gymhopper.contexts.integrations.usecases.queue_event import queue_event

subscriptions = Subscriptions()
subscriptions.on(*published().values())(queue_event)
