"""Bodies and ids for operations whose description alone does not tell what fits together."""

from collections.abc import Callable
from typing import Any

from authorisation.calls import Ids, Operation
from authorisation.samples import dearer
from authorisation.timetable import (
    a_class,
    a_schedule,
    a_service,
    a_substitution,
    an_appointment,
    availability,
)
from authorisation.world import AGREEMENT, BORN, PRICE

WRONG_PASSWORD = {"password": "not the right one"}


def other_plan(ids: Ids) -> dict[str, Any]:
    """The plan that the membership has already, or is to leave for another."""
    return {
        "plan_id": ids["plan_id"],
        "price_id": ids["price_id"],
        "price": PRICE,
        "when": "period_end",
    }


BODIES: dict[str, Callable[[Ids], Any]] = {
    "create_class": a_class,
    "create_schedule": a_schedule,
    "change_schedule": lambda _: {"scope": "all", "changes": {"capacity": 6}},
    "end_schedule": lambda _: {"from": "2099-01-01"},
    "substitute_in_class": a_substitution,
    "create_service": a_service,
    "put_availability": availability,
    "create_appointment": an_appointment,
    "mark_appointment": lambda _: {"status": "booked"},
    "mark_attendance": lambda _: {"status": "attended"},
    "mark_class_attendance": lambda _: {"rest": "attended"},
    "change_payer": lambda ids: {"kind": "person", "id": ids["member_id"]},
    "add_roster_entries": lambda _: {
        "entries": [
            {
                "external_id": "1",
                "first_name": "Ada",
                "last_name": "Byron",
                "starts_on": "2026-01-01",
                "ends_on": "2026-12-31",
            }
        ]
    },
    "set_sponsor_terms": lambda _: {"share": {"percent": 60}, "debt": {}},
    "open_household": lambda ids: {"name": "Byron", "payer_member_id": ids["duplicate_id"]},
    "begin_totp": lambda _: WRONG_PASSWORD,
    "delete_totp": lambda _: WRONG_PASSWORD,
    "create_recovery_codes": lambda _: WRONG_PASSWORD,
    "begin_passkey_registration": lambda _: WRONG_PASSWORD,
    "delete_passkey": lambda _: None,
    "unlink_provider": lambda _: None,
    "switch_session": lambda ids: (
        {"assignment_id": ids["acting_id"]}
        if "acting_id" in ids
        else {"person_id": ids["person_id"]}
    ),
    "enrol_device": lambda _: {"code": "no such code", "public_key": "AAAA"},
    "link_provider": lambda ids: {"provider": ids["provider"]},
    "create_webhook_endpoint": lambda ids: {
        "organisation_id": ids["organisation_id"],
        "url": "http://127.0.0.1:9/other",
        "event_types": ["*"],
    },
    "create_leaving_request": lambda ids: {
        "organisation_id": ids["organisation_id"],
        "act": "cancellation",
        "member_number": "no such number",
    },
    "register_member": lambda ids: {
        "organisation_id": ids["organisation_id"],
        "first_name": "Grace",
        "last_name": "Example",
        "agreement": AGREEMENT,
    },
    "put_emergency_contact": lambda _: {"name": "Grace", "phone": "+43 660 1234567"},
    "register_dependent": lambda _: {
        "first_name": "Tim",
        "last_name": "Example",
        "birth_date": BORN,
        "agreement": AGREEMENT,
    },
    "publish_waiver": lambda _: {
        "texts": {"en": "At my own risk, still."},
        "enforce_from": "2099-01-01",
    },
    "sign_waiver": lambda _: {"number": 1, "language": "en"},
    "open_checkout": lambda ids: {"membership_id": ids["membership_id"], "price": PRICE},
    "collect_at_desk": lambda _: {"price": PRICE},
    "enter_payment": lambda _: {"amount": PRICE, "method": "cash"},
    "grant_account_credit": lambda _: {"amount": PRICE, "reason": "Closed for a week"},
    "offer_plan": lambda ids: {
        "organisation_id": ids["organisation_id"],
        "legal_entity_id": ids["legal_entity_id"],
        "name": "Hop",
        "coverage": {"include": [{"tier_up_to": 3}]},
        "prices": [{"price": PRICE}],
    },
    "open_calendar_feed": lambda ids: (
        {"kind": "location", "location_id": ids["location_id"]}
        if "acting_id" in ids
        else {"kind": "member", "organisation_id": ids["organisation_id"]}
    ),
    "accept_household_invitation": lambda _: {"code": "ABCD-EFGH-JKLM"},
    "transfer_membership": lambda ids: {
        "to_member_id": ids["child_id"],
        "payer": {"kind": "person", "id": ids["member_id"]},
        "reason": "Moves away",
        "agreement": AGREEMENT,
    },
    "create_promo_code": lambda ids: {
        "organisation_id": ids["organisation_id"],
        "code": "SUMMER",
        "basis_points": 1000,
    },
    "quote_plan": lambda ids: {"price_id": ids["price_id"], "promo_code": "SPRING"},
    "preview_plan_change": other_plan,
    "change_plan": other_plan,
    "announce_price_change": lambda _: dearer(),
    "change_prices_of_plan": lambda _: dearer(),
    "add_price": lambda _: {"price": PRICE},
    "create_credential": lambda ids: {"member_id": ids["member_id"], "kind": "pass"},
    "renew_membership": lambda ids: {
        "price_id": ids["price_id"],
        "price": PRICE,
        "agreement": AGREEMENT,
    },
    "purchase_membership": lambda ids: {
        "plan_id": ids["plan_id"],
        "price_id": ids["price_id"],
        "price": PRICE,
        "agreement": AGREEMENT,
    },
}
"""Bodies whose parts must agree with each other, which a schema cannot say."""

MEANT = {
    "remove_housemate": {"member_id": "child_id"},
    "add_guardian": {"member_id": "child_id"},
    "remove_guardian": {"member_id": "child_id"},
    "lift_block": {"overlay_id": "block_id"},
    "end_freeze": {"overlay_id": "freeze_id"},
    "withdraw_employee_invitation": {"invitation_id": "employee_invitation_id"},
    "withdraw_member_invitation": {"invitation_id": "member_invitation_id"},
}
"""Which of several things of one kind an operation is about."""


def meant(operation: Operation, ids: Ids) -> Ids:
    """The ids, with those that the operation is about under the names that it gives them."""
    return {**ids, **{name: ids[other] for name, other in MEANT.get(operation.id, {}).items()}}


def body_of(operation: Operation, ids: Ids) -> Any:
    """The operation's body, or None when it takes none."""
    made = BODIES.get(operation.id)
    return operation.body(ids) if made is None else made(ids)
