"""The cities that a network's files name, and where they are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    """A city of the United States: state, IANA zone, and its centre (WGS 84 degrees)."""

    name: str
    state: str
    zone: str
    latitude: float
    longitude: float


CITIES = {
    city.name: city
    for city in (
        City("Atlanta", "GA", "America/New_York", 33.7490, -84.3880),
        City("Austin", "TX", "America/Chicago", 30.2672, -97.7431),
        City("Boston", "MA", "America/New_York", 42.3601, -71.0589),
        City("Chicago", "IL", "America/Chicago", 41.8781, -87.6298),
        City("Dallas", "TX", "America/Chicago", 32.7767, -96.7970),
        City("Denver", "CO", "America/Denver", 39.7392, -104.9903),
        City("Detroit", "MI", "America/Detroit", 42.3314, -83.0458),
        City("Houston", "TX", "America/Chicago", 29.7604, -95.3698),
        City("Las Vegas", "NV", "America/Los_Angeles", 36.1699, -115.1398),
        City("Los Angeles", "CA", "America/Los_Angeles", 34.0522, -118.2437),
        City("Miami", "FL", "America/New_York", 25.7617, -80.1918),
        City("New York", "NY", "America/New_York", 40.7128, -74.0060),
        City("Orlando", "FL", "America/New_York", 28.5383, -81.3792),
        City("Philadelphia", "PA", "America/New_York", 39.9526, -75.1652),
        City("Phoenix", "AZ", "America/Phoenix", 33.4484, -112.0740),
        City("San Antonio", "TX", "America/Chicago", 29.4241, -98.4936),
        City("San Diego", "CA", "America/Los_Angeles", 32.7157, -117.1611),
        City("San Francisco", "CA", "America/Los_Angeles", 37.7749, -122.4194),
        City("San Jose", "CA", "America/Los_Angeles", 37.3382, -121.8863),
        City("Seattle", "WA", "America/Los_Angeles", 47.6062, -122.3321),
    )
}
