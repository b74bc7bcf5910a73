"""Fixtures that every test may ask for."""

pytest_plugins = ["fixtures.engines", "fixtures.kafka", "fixtures.runtimes"]
