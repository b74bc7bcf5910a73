"""Staff, as the composition root sees it."""

from pathlib import Path

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.contexts.staff.directory import Directory
from gymhopper.contexts.staff.http import routers
from gymhopper.contexts.staff.storage.mapping import map_all
from gymhopper.contexts.staff.storage.sealing import SEALED
from gymhopper.contracts.staff.api import StaffApi

map_all()

context = Context(
    name="staff",
    migrations=Migrations("staff", Path(__file__).parent / "storage" / "migrations"),
    routers=routers,
    apis=[Implementation(StaffApi, Directory)],
    tags={
        "staff": "People who work there, and the roles that they hold.",
    },
    sealed=SEALED,
    scopes={
        "staff:read": "see employees, their contact data and their roles",
        "staff:write": "change employees, give them roles and take them back",
    },
    audit_shows={"staff.assignment": "role"},
)
