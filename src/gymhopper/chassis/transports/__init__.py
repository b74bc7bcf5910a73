"""Carries events from the log to subscribers: locally, or over Kafka."""
