"""The membership context, as the composition root takes it."""

from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp

from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Context, Implementation
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.membership.api import Memberships, People, Sponsors
from gymhopper.contexts.membership.http import (
    duplicates,
    emergency,
    family,
    guests,
    homes,
    household_invitations,
    households,
    leaving,
    leaving_by_link,
    members,
    memberships,
    notes,
    packs,
    plan_changes,
    plans,
    price_changes,
    prices,
    promo_codes,
    renewals,
    sponsor_terms,
    sponsors,
    stops,
    tags,
    transfers,
    visitors,
    waivers,
)
from gymhopper.contexts.membership.http.leaving_pages import LeavingPage
from gymhopper.contexts.membership.jobs import jobs, timers
from gymhopper.contexts.membership.storage.invariants import INVARIANTS
from gymhopper.contexts.membership.storage.mapping import map_all
from gymhopper.contexts.membership.storage.sealed import SEALED
from gymhopper.contexts.membership.subscribers import subscriptions
from gymhopper.contexts.membership.usecases.request_leaving import PAGE
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.membership.people.api import PeopleApi
from gymhopper.contracts.membership.sponsors.api import SponsorsApi

map_all()


def _pages(runtime: Runtime) -> Mapping[str, ASGIApp]:
    return {PAGE: Starlette(routes=LeavingPage(runtime).routes())}


context = Context(
    name="membership",
    migrations=Migrations("membership", Path(__file__).parent / "storage" / "migrations"),
    routers=[
        duplicates.router,
        members.router,
        notes.router,
        tags.router,
        emergency.router,
        family.router,
        households.router,
        household_invitations.router,
        plans.router,
        prices.router,
        promo_codes.router,
        price_changes.router,
        plan_changes.router,
        packs.router,
        memberships.router,
        renewals.router,
        stops.router,
        homes.router,
        transfers.router,
        guests.router,
        leaving.router,
        leaving_by_link.router,
        visitors.router,
        sponsors.router,
        sponsor_terms.router,
        waivers.router,
    ],
    subscriptions=subscriptions,
    jobs=jobs,
    timers=timers,
    mounts=_pages,
    apis=[
        Implementation(MembershipApi, Memberships),
        Implementation(SponsorsApi, Sponsors),
        Implementation(PeopleApi, People),
    ],
    sealed=SEALED,
    invariants=INVARIANTS,
    tags={
        "members": "People at an organisation.",
        "families": "Guardians, whose accounts act for children, and households that pay together.",
        "sponsors": "Who pays for others, and the rosters that say for whom.",
        "waivers": "What members sign before they train.",
        "plans": "What is on offer, and for how much.",
        "promo codes": "What is taken off a price for whoever names a word.",
        "prices of contracts": "New prices of what was sold.",
        "changes of plan": "Upgrades and downgrades of what was sold, with their previews.",
        "credits": "Credits of packs, and what became of them.",
        "memberships": "What was bought: its state, freezes and blocks.",
    },
    scopes={
        "members:read": "find members and see their contact data",
        "members:write": "register members, and tag them",
        "notes:read": "read the desk's notes about members",
        "notes:write": "write, change and delete such notes",
        "duplicates:read": "find members who may be registered twice",
        "duplicates:write": "merge members who are one human being",
        "waivers:read": "see waivers and who signed them",
        "waivers:write": "publish waivers",
        "signatures:write": "sign waivers, or have them signed at the desk",
        "profiles:write": "change names and contact data",
        "memberships:read": "see memberships",
        "purchases:write": "buy or sell memberships",
        "cancellations:write": "cancel memberships, and take that back",
        "credits:write": "give credits away, give them back, and take them back for their price",
        "memberships:write": "block memberships, move their homes, and hand them over",
        "households:write": "invite members into households by codes, and accept such codes",
        "guests:write": "invite guests of a membership",
        "freezes:write": "freeze memberships, members within the rules of their plan",
        "plans:write": "offer plans and prices",
        "promotions:read": "see promo codes and how often they were redeemed",
        "promotions:write": "make promo codes, change and withdraw them",
        "sponsors:read": "see sponsors and how their rosters stand",
        "sponsors:write": "take sponsors on, push rosters, let their people in or not",
    },
    audit_shows={
        "membership.waiver": "name zone",
        "membership.waiver_signature": "language channel signed_by",
        "membership.member": "number status",
        "membership.plan": "name coverage interval freeze_rules conditions offer zone status"
        " on_sale_from on_sale_until",
        "membership.price": "currency valid_from valid_until channel location_id country city"
        " tax_included",
        "membership.promo_code": "code basis_points amount currency periods joining_fee plan_ids"
        " first_purchase valid_from valid_until max_redemptions redeemed status",
        "membership.promo_redemption": "redeemed_at returned_at repeated",
        "membership.membership": "plan_name coverage interval zone freeze_rules conditions offer"
        " price_currency starts_on contract end_reason closed_reason",
        "membership.overlay": "kind",
        "membership.household": "debt_blocks",
        "membership.housemate": "",
        "membership.household_invitation": "uses used expires_at revoked_at",
        "membership.guest_pass": "first_day host_inside",
        "membership.sponsor": "name terms owed currency debt_stage",
        "membership.roster": "kind status total done added changed refused ended",
        "membership.roster_entry": "outcome code",
        "membership.sponsored": "starts_on ends_on",
        "membership.receipt": "act wish plan_name",
        "membership.price_change": "currency effective_on status",
        "membership.plan_change": "status effective_at refusal",
        "membership.price_run": "currency effective_on status total done",
        "membership.credit_lot": "source units price_currency expires_at visits left_units",
        "membership.credit_entry": "kind units",
        "membership.agreement": "terms privacy mandate health_clearance language channel marketing",
    },
)
