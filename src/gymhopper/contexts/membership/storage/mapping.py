"""Ties the domain's plain classes to their tables, so that the domain need not know of them."""

from functools import cache

from sqlalchemy.orm import composite, registry, relationship

from gymhopper.contexts.membership.domain.agreement import Agreement
from gymhopper.contexts.membership.domain.credit import CreditEntry, CreditLot
from gymhopper.contexts.membership.domain.emergency import SealedEmergencyContact
from gymhopper.contexts.membership.domain.guardianship import Guardianship
from gymhopper.contexts.membership.domain.guests import GuestPass
from gymhopper.contexts.membership.domain.household import Household, Housemate
from gymhopper.contexts.membership.domain.household_invitation import HouseholdInvitation
from gymhopper.contexts.membership.domain.leaving_request import LeavingRequest
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.merged_member import MergedMember
from gymhopper.contexts.membership.domain.note import Note
from gymhopper.contexts.membership.domain.overlay import Overlay
from gymhopper.contexts.membership.domain.person import DataKey, Person
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.domain.plan_change import PlanChange
from gymhopper.contexts.membership.domain.price_change import PriceChange
from gymhopper.contexts.membership.domain.price_run import PriceRun
from gymhopper.contexts.membership.domain.promo_code import PromoCode, PromoRedemption
from gymhopper.contexts.membership.domain.receipt import Receipt
from gymhopper.contexts.membership.domain.sponsor import Roster, RosterEntry, Sponsor, Sponsored
from gymhopper.contexts.membership.domain.waiver import Waiver, WaiverSignature, WaiverVersion
from gymhopper.contexts.membership.storage import (
    guest_tables,
    household_tables,
    leaving_tables,
    people_tables,
    plan_change_tables,
    promo_tables,
    sponsor_tables,
    tables,
    waiver_tables,
)
from gymhopper.kernel.money import Money


@cache
def map_all() -> None:
    """Map every aggregate; a second call does nothing."""
    mapper = registry()
    mapper.map_imperatively(
        DataKey, tables.person_key, properties={"retention": tables.person_key.c["class"]}
    )
    mapper.map_imperatively(
        Person,
        tables.person,
        properties={
            "keys": relationship(
                DataKey,
                lazy="selectin",
                cascade="all, delete-orphan",
                order_by=tables.person_key.c["class"],
            )
        },
    )
    mapper.map_imperatively(Member, tables.member)
    mapper.map_imperatively(Plan, tables.plan)
    mapper.map_imperatively(
        Price,
        tables.price,
        properties={"money": composite(Money, tables.price.c.amount, tables.price.c.currency)},
    )
    mapper.map_imperatively(
        Overlay,
        tables.overlay,
        properties={"start": tables.overlay.c.start_at, "until": tables.overlay.c.until_at},
    )
    bought = tables.membership.c
    mapper.map_imperatively(
        Membership,
        tables.membership,
        properties={
            "start": bought.start_at,
            "end": bought.end_at,
            "price": composite(Money, bought.price_amount, bought.price_currency),
            "overlays": relationship(Overlay, lazy="selectin", cascade="all, delete-orphan"),
        },
    )
    lot = tables.credit_lot.c
    mapper.map_imperatively(
        CreditLot,
        tables.credit_lot,
        properties={
            "price": composite(Money, lot.price_amount, lot.price_currency),
            "left": lot.left_units,
            "expired": lot.expired_units,
        },
    )
    for kind, table in ((PriceRun, tables.price_run), (PriceChange, tables.price_change)):
        price = composite(Money, table.c.amount, table.c.currency)
        mapper.map_imperatively(kind, table, properties={"price": price})
    mapper.map_imperatively(PlanChange, plan_change_tables.plan_change)
    mapper.map_imperatively(PromoCode, promo_tables.promo_code)
    mapper.map_imperatively(PromoRedemption, promo_tables.promo_redemption)
    mapper.map_imperatively(CreditEntry, tables.credit_entry)
    mapper.map_imperatively(Agreement, tables.agreement)
    mapper.map_imperatively(Guardianship, people_tables.guardianship)
    mapper.map_imperatively(Household, household_tables.household)
    mapper.map_imperatively(Housemate, household_tables.housemate)
    mapper.map_imperatively(HouseholdInvitation, household_tables.household_invitation)
    mapper.map_imperatively(Sponsor, sponsor_tables.sponsor)
    mapper.map_imperatively(Roster, sponsor_tables.roster)
    mapper.map_imperatively(RosterEntry, sponsor_tables.roster_entry)
    mapper.map_imperatively(Sponsored, sponsor_tables.sponsored)
    mapper.map_imperatively(MergedMember, people_tables.merged_member)
    mapper.map_imperatively(LeavingRequest, leaving_tables.leaving_request)
    mapper.map_imperatively(Receipt, leaving_tables.receipt)
    mapper.map_imperatively(Note, people_tables.note)
    mapper.map_imperatively(WaiverVersion, waiver_tables.waiver_version)
    mapper.map_imperatively(
        Waiver,
        waiver_tables.waiver,
        properties={
            "versions": relationship(
                WaiverVersion, lazy="selectin", order_by=waiver_tables.waiver_version.c.number
            )
        },
    )
    mapper.map_imperatively(WaiverSignature, waiver_tables.waiver_signature)
    held = guest_tables.guest_pass
    dates = {"start": held.c.start_at, "until": held.c.until_at}
    mapper.map_imperatively(GuestPass, held, properties=dates)
    mapper.map_imperatively(SealedEmergencyContact, people_tables.emergency_contact)
