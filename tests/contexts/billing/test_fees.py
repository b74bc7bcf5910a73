"""What is asked for once, and what is given back, because membership says so."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from contexts.billing import contract
from contexts.billing.test_desk import begin, claims, joined, receive
from contexts.billing.till import FAILS_LATER, Till
from gymhopper.contracts.billing.events import DebtChanged, FeePaid, PaymentSucceeded
from gymhopper.contracts.membership.api import Purchase
from gymhopper.contracts.membership.events import (
    GuestPassUsed,
    MembershipCreditOverdrawn,
    MembershipCreditsRefunded,
    MembershipFreezeFeeDue,
    MembershipWithdrawn,
)
from gymhopper.contracts.scheduling.appointments.events import AppointmentFeeDue, AppointmentState
from gymhopper.contracts.scheduling.events import BookingFeeDue
from gymhopper.contracts.scheduling.state import BookingState
from gymhopper.kernel.errors import Unavailable
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

FEE = Money(500, "EUR")


def freeze_fee(purchase: Purchase) -> MembershipFreezeFeeDue:
    return MembershipFreezeFeeDue(
        membership=contract.state(purchase), overlay_id=new_id(), number=1, fee=FEE
    )


def extra_visit(purchase: Purchase, policy: Any) -> MembershipCreditOverdrawn:
    return MembershipCreditOverdrawn(
        membership=contract.state(purchase), visit_id=new_id(), policy=policy, price=FEE
    )


def booking_fee(purchase: Purchase, why: Any, amount: Money, **booking: Any) -> BookingFeeDue:
    start = datetime(2026, 3, 3, 18, tzinfo=UTC)
    given: dict[str, Any] = {
        "booking_id": new_id(),
        "class_id": new_id(),
        "class_type_id": new_id(),
        "host_organisation_id": purchase.organisation_id,
        "home_organisation_id": purchase.organisation_id,
        "location_id": new_id(),
        "person_id": purchase.person_id,
        "member_id": purchase.member_id,
        "membership_id": purchase.membership_id,
        "channel": "online",
        "status": "cancelled",
        "start": start,
        "until": start,
        "zone": "Europe/Vienna",
        "enter_from": start,
        "enter_until": start,
    }
    state = BookingState(**given | booking)
    return BookingFeeDue(booking=state, fee_id=new_id(), amount=amount, why=why)


async def asked_for_once(till: Till, purchase: Purchase, gateway: str, text: str) -> None:
    """There is one claim of it, it is paid, and the books agree."""
    _, claim = await claims(till, purchase)
    assert (claim["amount"]["amount"], claim["lines"][0]["text"]) == (500, text)
    if gateway == "desk":
        assert claim["status"] == "open"
        await receive(till, claim["claim_id"], 500)
    (fee,) = await till.events(FeePaid)
    assert (fee.claim_id, fee.amount) == (UUID(claim["claim_id"]), FEE)
    assert (await till.balances())["revenue fee"] == -417
    assert await till.broken() == []


async def test_a_fee_is_collected_once_with_the_memberships_card(till: Till) -> None:
    purchase = await till.subscribe()
    fee = freeze_fee(purchase)
    await till.hear(fee)
    await till.hear(fee)
    (paid,) = await till.events(FeePaid)
    assert paid.amount == FEE
    assert len(await till.events(PaymentSucceeded)) == 1
    _, claim = await claims(till, purchase)
    assert (claim["status"], claim["lines"][0]["kind"]) == ("paid", "fee")
    assert claim["document_id"] is not None
    charged = (await till.stripe.v1.charges.list_async()).data
    assert sorted(each.amount for each in charged) == [500, 2990]
    assert (await till.balances())["revenue fee"] == -417
    assert await till.broken() == []


@pytest.mark.parametrize("gateway", ["card", "desk"])
async def test_a_guest_who_came_is_charged_once_and_one_without_a_fee_is_not(
    till: Till, gateway: str
) -> None:
    purchase = await (till.subscribe() if gateway == "card" else joined(till))

    def used(fee: Money | None) -> GuestPassUsed:
        membership_id = purchase.membership_id
        return GuestPassUsed(
            pass_id=new_id(), membership_id=membership_id, visit_id=new_id(), fee=fee
        )

    came = used(FEE)
    for each in (came, came, used(None), used(Money(0, "EUR"))):
        await till.hear(each)
    _, claim = await claims(till, purchase)
    assert (claim["amount"]["amount"], claim["lines"][0]["text"]) == (500, "Guest")
    if gateway == "card":
        charged = (await till.stripe.v1.charges.list_async()).data
        assert sorted(each.amount for each in charged) == [500, 2990]
    else:
        assert claim["status"] == "open"
        await receive(till, claim["claim_id"], 500)
    (fee,) = await till.events(FeePaid)
    assert (fee.claim_id, fee.amount) == (UUID(claim["claim_id"]), FEE)
    assert (await till.balances())["revenue fee"] == -417
    assert await till.broken() == []


@pytest.mark.parametrize("gateway", ["card", "desk"])
@pytest.mark.parametrize(
    ("why", "text"), [("late_cancel", "Late cancellation"), ("no_show", "Missed class")]
)
async def test_what_a_booking_costs_is_asked_for_once_by_its_reason(
    till: Till, gateway: str, why: Any, text: str
) -> None:
    purchase = await (till.subscribe() if gateway == "card" else joined(till))
    due = booking_fee(purchase, why, FEE)
    for each in (due, due, booking_fee(purchase, why, Money(0, "EUR"))):
        await till.hear(each)
    await asked_for_once(till, purchase, gateway, text)


def appointment_fee(purchase: Purchase, why: Any, **changes: Any) -> AppointmentFeeDue:
    start = datetime(2026, 3, 3, 18, tzinfo=UTC)
    given: dict[str, Any] = {
        "appointment_id": new_id(),
        "organisation_id": purchase.organisation_id,
        "location_id": new_id(),
        "service_id": new_id(),
        "instructor_id": new_id(),
        "person_id": purchase.person_id,
        "member_id": purchase.member_id,
        "membership_id": purchase.membership_id,
        "channel": "online",
        "status": "cancelled",
        "start": start,
        "until": start,
        "zone": "Europe/Vienna",
        "enter_from": start,
        "enter_until": start,
    }
    state = AppointmentState(**given | changes)
    return AppointmentFeeDue(appointment=state, fee_id=new_id(), amount=FEE, why=why)


@pytest.mark.parametrize("gateway", ["card", "desk"])
@pytest.mark.parametrize(
    ("why", "text"), [("late_cancel", "Late cancellation"), ("no_show", "Missed appointment")]
)
async def test_what_an_appointment_costs_is_asked_for_once_by_its_reason(
    till: Till, gateway: str, why: Any, text: str
) -> None:
    purchase = await (till.subscribe() if gateway == "card" else joined(till))
    due = appointment_fee(purchase, why)
    for each in (due, due, replace(due, amount=Money(0, "EUR"), fee_id=new_id())):
        await till.hear(each)
    await asked_for_once(till, purchase, gateway, text)


async def test_an_appointment_without_a_membership_is_asked_for_with_what_is_paid_there(
    till: Till,
) -> None:
    purchase = await joined(till)
    for nobody in ({"person_id": new_id()}, {"organisation_id": new_id()}):
        await till.hear(appointment_fee(purchase, "no_show", membership_id=None, **nobody))
    assert len(await claims(till, purchase)) == 1
    await till.hear(appointment_fee(purchase, "no_show", membership_id=None))
    assert [each["amount"]["amount"] for each in await claims(till, purchase)][1:] == [500]


async def test_a_guests_booking_is_its_hosts_to_pay_and_a_strangers_nobodys(till: Till) -> None:
    purchase = await joined(till)
    guest = {"membership_id": None, "person_id": new_id(), "host_booking_id": new_id()}
    await till.hear(booking_fee(purchase, "no_show", FEE, **guest))
    assert len(await claims(till, purchase)) == 1
    host = {"host_person_id": purchase.person_id}
    await till.hear(booking_fee(purchase, "no_show", FEE, **guest, **host))
    await till.hear(booking_fee(purchase, "no_show", FEE, membership_id=None))
    elsewhere = {"membership_id": None, "home_organisation_id": new_id()}
    await till.hear(booking_fee(purchase, "no_show", FEE, **elsewhere))
    assert [each["amount"]["amount"] for each in await claims(till, purchase)][1:] == [500, 500]


async def test_a_place_beyond_the_pack_is_charged_as_such(till: Till) -> None:
    purchase = await joined(till)
    beyond = replace(extra_visit(purchase, "charge"), booking_id=new_id())
    await till.hear(beyond)
    _, claim = await claims(till, purchase)
    assert claim["lines"][0]["text"] == "Class beyond the pack"


async def test_news_of_an_invoice_that_is_still_empty_make_no_fee_free_of_charge(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = await till.subscribe()

    async def down(*_: object, **__: object) -> None:
        raise Unavailable("The payment provider cannot be reached now.")

    with monkeypatch.context() as broken:
        broken.setattr(till.provider, "collect_charge", down)
        await till.hear(freeze_fee(purchase))
    assert [each["amount"]["amount"] for each in await claims(till, purchase)] == [2990, 500]
    await till.advance(minutes=1)
    assert (await till.events(FeePaid))[0].amount == FEE
    charged = (await till.stripe.v1.charges.list_async()).data
    assert sorted(each.amount for each in charged) == [500, 2990]
    assert await till.broken() == []


async def test_a_fee_that_the_card_refuses_is_a_debt(till: Till) -> None:
    purchase = await till.subscribe(FAILS_LATER)
    await till.hear(freeze_fee(purchase))
    assert await till.events(FeePaid) == []
    (debt,) = await till.events(DebtChanged)
    assert debt.owed == FEE
    assert (await till.balances())["receivable"] == 500
    assert await till.broken() == []


async def test_at_the_desk_a_fee_is_overdue_after_a_week(till: Till) -> None:
    purchase, first = await begin(till)
    await receive(till, first["claim_id"])
    await till.hear(extra_visit(purchase, "charge"))
    _, claim = await claims(till, purchase)
    assert (claim["status"], claim["amount"]["amount"]) == ("open", 500)
    await till.advance(days=7, seconds=1)
    assert (await till.events(DebtChanged))[-1].owed == FEE
    await receive(till, claim["claim_id"], 500)
    assert (await till.events(DebtChanged))[-1].owed == Money(0, "EUR")
    assert len(await till.events(FeePaid)) == 1
    assert await till.broken() == []


@pytest.mark.parametrize("policy", ["forgive", "next_lot"])
async def test_only_a_plan_that_says_so_charges_a_visit_without_a_credit(
    till: Till, policy: str
) -> None:
    purchase = await till.subscribe()
    await till.hear(extra_visit(purchase, policy))
    assert len(await claims(till, purchase)) == 1


async def test_a_withdrawal_gives_back_the_days_that_were_not_used(till: Till) -> None:
    purchase = await till.subscribe(joining_fee=Money(1000, "EUR"))
    await till.hear(
        MembershipWithdrawn(membership=contract.state(purchase), given_back_days=20, of_days=30)
    )
    (claim,) = await claims(till, purchase)
    assert claim["refunded"]["amount"] == 2660
    assert claim["status"] == "paid"
    assert (await till.balances())["clearing stripe"] == 1330
    assert await till.broken() == []


async def test_credits_that_are_taken_back_are_paid_back_and_no_more_than_came_in(
    till: Till,
) -> None:
    purchase = await till.subscribe()
    (claim,) = await claims(till, purchase)

    def refunded(amount: int) -> MembershipCreditsRefunded:
        return MembershipCreditsRefunded(
            membership=contract.state(purchase),
            lot_id=new_id(),
            refund_id=new_id(),
            claim_id=claim["claim_id"],
            units=1,
            amount=Money(amount, "EUR"),
        )

    await till.hear(refunded(299))
    assert (await claims(till, purchase))[0]["refunded"]["amount"] == 299
    await till.hear(refunded(2990))
    assert (await claims(till, purchase))[0]["refunded"]["amount"] == 2990
    assert await till.balances() == {}
    assert await till.broken() == []
