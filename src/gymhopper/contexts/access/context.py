"""Access: doors, devices, credentials, the gate and its journal."""

from collections.abc import Mapping
from pathlib import Path

from starlette.types import ASGIApp

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Component, Context, Part
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.access import jobs, subscribers
from gymhopper.contexts.access.gate.app import GateApp
from gymhopper.contexts.access.gate.described import described
from gymhopper.contexts.access.http import credentials, journal, places
from gymhopper.contexts.access.storage.invariants import INVARIANTS
from gymhopper.contexts.access.usecases.keys import CREDENTIALS

_GATE_PATHS = (
    "/access/checkin",
    "/access/passage",
    "/access/sessions",
    "/access/sessions/challenge",
)


def _gate(runtime: Runtime) -> tuple[Mapping[str, ASGIApp], Component]:
    """The gate of this process: doors' paths, and the connection that answers them."""
    cell = jobs.open_cell(runtime)
    app = GateApp(cell, runtime.clock, runtime.secrets.lasting(CREDENTIALS))
    return dict.fromkeys(_GATE_PATHS, app), jobs.MountedGate(cell)


context = Context(
    name="access",
    migrations=Migrations("access", Path(__file__).parent / "storage" / "migrations"),
    routers=[places.router, credentials.router, journal.router],
    subscriptions=subscribers.subscriptions,
    jobs=jobs.jobs,
    timers=jobs.timers,
    parts=[Part("worker", jobs.feeder), Part("worker", jobs.drain)],
    fast_paths=_gate,
    described=described,
    invariants=INVARIANTS,
    tags={
        "access": "Areas, doors, devices, credentials, and what doors answered.",
        "gate": "What devices at doors ask.",
    },
    scopes={
        "access:read": "see doors",
        "access:write": "change areas, doors and devices",
        "visits:read": "see visits and the answers of doors",
        "credentials:read": "see who holds which cards and passes",
        "credentials:write": "hand out cards and passes, and take them back",
        "passes:write": "make passes for phones, and withdraw them",
    },
    audit_shows={
        "access.area": "name",
        "access.door": "name direction mode accepts",
        "access.device": "name status door_ids",
        "access.credential": "kind",
    },
)
