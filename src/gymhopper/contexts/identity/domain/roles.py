"""What each role may do: no more than its work needs."""

from dataclasses import dataclass
from typing import Literal

OrganisationKind = Literal["brand", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A named set of scopes.

    `kind` is what a caller in this role is; `at` is the only kind of organisation that has the
    role, or None for every one.
    """

    name: str
    why: str
    scopes: frozenset[str]
    kind: Literal["staff", "partner", "member"] = "staff"
    at: OrganisationKind | None = None


def _scopes(text: str) -> frozenset[str]:
    return frozenset(text.split())


OWNER = Role(
    name="owner",
    why="Answers for the organisation, so that nothing in it is closed to them.",
    scopes=_scopes(
        """
        access:read access:write
        attendance:read attendance:write
        audit:read
        bookings:read bookings:write
        cancellations:write
        checkouts:write
        credentials:read credentials:write
        credits:write
        documents:read
        duplicates:read duplicates:write
        feeds:write
        freezes:write
        guests:write
        households:write
        identity:read identity:write
        impersonation:write
        ledger:read
        levels:read levels:write
        means:read means:write
        members:read members:write
        memberships:read memberships:write
        notes:read notes:write
        passes:write
        payers:read payers:write
        payments:read payments:write
        penalties:write
        plans:write
        profiles:write
        promotions:read promotions:write
        purchases:write
        receipts:write
        schedules:read
        signatures:write
        sponsors:read sponsors:write
        sponsorships:read
        staff:read staff:write
        taxes:read taxes:write
        timetable:read timetable:write
        venues:read venues:write
        visits:read
        waivers:read waivers:write
        webhooks:read webhooks:write
        """
    ),
)

MANAGER = Role(
    name="manager",
    why="Runs a place from day to day; prices, keys, webhooks and the audit log are the owner's.",
    scopes=_scopes(
        """
        access:read access:write
        attendance:read attendance:write
        bookings:read bookings:write
        cancellations:write
        checkouts:write
        credentials:read credentials:write
        credits:write
        documents:read
        duplicates:read duplicates:write
        feeds:write
        freezes:write
        guests:write
        households:write
        ledger:read
        levels:read levels:write
        means:read means:write
        members:read members:write
        memberships:read memberships:write
        notes:read notes:write
        passes:write
        payers:read payers:write
        payments:read payments:write
        penalties:write
        profiles:write
        promotions:read
        purchases:write
        receipts:write
        schedules:read
        signatures:write
        sponsors:read sponsors:write
        sponsorships:read
        staff:read staff:write
        taxes:read taxes:write
        timetable:read timetable:write
        venues:read venues:write
        visits:read
        waivers:read waivers:write
        """
    ),
)

FRONT_DESK = Role(
    name="front_desk",
    why="Signs people up, sells and hands out cards; money is given back by others.",
    scopes=_scopes(
        """
        access:read
        attendance:read attendance:write
        bookings:read bookings:write
        cancellations:write
        checkouts:write
        credentials:read credentials:write
        documents:read
        duplicates:read
        means:read means:write
        feeds:write
        freezes:write
        guests:write
        households:write
        levels:read levels:write
        members:read members:write
        memberships:read memberships:write
        notes:read notes:write
        payers:read payers:write
        payments:read
        penalties:write
        profiles:write
        promotions:read
        purchases:write
        receipts:write
        schedules:read
        signatures:write
        timetable:read
        venues:read
        visits:read
        waivers:read
        """
    ),
)

INSTRUCTOR = Role(
    name="instructor",
    why="Teaches; needs to know the place and nobody's contact data.",
    scopes=_scopes(
        """
        attendance:read attendance:write
        bookings:read
        feeds:write
        levels:read levels:write
        schedules:read
        timetable:read
        venues:read
        """
    ),
)

ACCOUNTANT = Role(
    name="accountant",
    why="Follows the money and gives it back; needs no contact data and no doors.",
    scopes=_scopes(
        """
        documents:read
        ledger:read
        means:read
        memberships:read
        payers:read payers:write
        payments:read payments:write
        receipts:write
        sponsorships:read
        taxes:read taxes:write
        timetable:read
        venues:read
        """
    ),
)

PARTNER_MANAGER = Role(
    name="partner_manager",
    why="Runs a partner's places and doors inside a network; its members are the network's.",
    scopes=_scopes(
        """
        access:read access:write
        attendance:read attendance:write
        bookings:read bookings:write
        feeds:write
        penalties:write
        schedules:read
        timetable:read timetable:write
        venues:read venues:write
        visits:read
        """
    ),
    kind="partner",
    at="brand",
)

NETWORK_OPERATOR = Role(
    name="network_operator",
    why="Sells the network's plans and looks after its members; each venue's doors are its own.",
    scopes=_scopes(
        """
        access:read
        bookings:read bookings:write
        cancellations:write
        checkouts:write
        documents:read
        duplicates:read duplicates:write
        freezes:write
        guests:write
        households:write
        ledger:read
        means:read means:write
        members:read members:write
        memberships:read memberships:write
        notes:read notes:write
        payers:read payers:write
        payments:read payments:write
        penalties:write
        plans:write
        profiles:write
        promotions:read promotions:write
        purchases:write
        receipts:write
        signatures:write
        sponsors:read sponsors:write
        sponsorships:read
        taxes:read
        timetable:read
        venues:read
        visits:read
        waivers:read waivers:write
        """
    ),
    at="operator",
)

SUPPORT = Role(
    name="support",
    why="Looks into what went wrong, also through a member's eyes, and changes nothing.",
    scopes=_scopes(
        """
        access:read
        attendance:read
        audit:read
        bookings:read
        credentials:read
        documents:read
        duplicates:read
        impersonation:write
        ledger:read
        levels:read
        means:read
        members:read
        memberships:read
        notes:read
        payers:read
        payments:read
        promotions:read
        schedules:read
        sponsors:read
        sponsorships:read
        staff:read
        taxes:read
        timetable:read
        venues:read
        visits:read
        waivers:read
        webhooks:read
        """
    ),
)

KIOSK = Role(
    name="kiosk",
    why="Stands unattended in the entrance, so that whoever finds it open learns nothing.",
    scopes=_scopes("timetable:read venues:read"),
)

MEMBER = Role(
    name="member",
    why="Sees what is known and owed of them, at all their gyms; the tenant wall sees to whom.",
    scopes=_scopes(
        """
        bookings:read bookings:write
        cancellations:write
        checkouts:write
        credentials:read
        documents:read
        means:read means:write
        feeds:write
        freezes:write
        guests:write
        households:write
        levels:read
        members:read
        memberships:read
        passes:write
        payers:read payers:write
        payments:read
        portal:write
        profiles:write
        purchases:write
        signatures:write
        timetable:read
        visits:read
        waivers:read
        """
    ),
    kind="member",
)

GRANTED = {
    each.name: each
    for each in (
        OWNER,
        MANAGER,
        FRONT_DESK,
        INSTRUCTOR,
        ACCOUNTANT,
        PARTNER_MANAGER,
        NETWORK_OPERATOR,
        SUPPORT,
        KIOSK,
    )
}
"""The roles that assignments give, by their names. `MEMBER` nobody grants: it comes with being
one."""

WHOLE_ONLY = _scopes(
    """
    audit:read
    identity:read identity:write
    impersonation:write
    plans:write
    promotions:write
    webhooks:read webhooks:write
    """
)
"""Scopes that cannot be had for a part of an organisation: keys, prices and what the audit log and
webhooks tell are the whole one's. Roles that are limited to a place lack them there."""

PLATFORM_ONLY = {
    "organisations:write": "makes a tenant, beside which all others live",
    "sandbox:write": "moves the time of everybody on the platform",
}
"""Scopes that no role holds, because they reach beyond an organisation, each with its reason."""


def scopes_of(role: Role, *, limited: bool) -> frozenset[str]:
    """What the role may do in the whole organisation, or `limited` to a place of it."""
    return role.scopes - WHOLE_ONLY if limited else role.scopes


def read_only(scopes: frozenset[str]) -> frozenset[str]:
    """Those of the scopes that change nothing."""
    return frozenset(each for each in scopes if each.endswith(":read"))
