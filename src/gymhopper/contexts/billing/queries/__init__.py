"""Reads of what billing holds."""
