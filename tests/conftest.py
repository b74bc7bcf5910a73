"""Fixtures that every test may ask for."""

pytest_plugins = [
    "fixtures.collector",
    "fixtures.engines",
    "fixtures.folders",
    "fixtures.http_clients",
    "fixtures.kafka",
    "fixtures.logs",
    "fixtures.long_first",
    "fixtures.no_skips",
    "fixtures.oidc",
    "fixtures.runtimes",
    "fixtures.callers",
    "fixtures.access_world",
    "fixtures.gyms",
]
