"""Guests: whoever has a place brings somebody along, and answers for them."""

import asyncio
from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec

from contexts.scheduling.studio import Person, Studio
from gymhopper.chassis.auth import AuthSubject
from gymhopper.contexts.scheduling.domain.asking import Wish
from gymhopper.contexts.scheduling.domain.refusals import BookingRefused
from gymhopper.contexts.scheduling.http.book_requests import NOBODY
from gymhopper.contexts.scheduling.usecases.book_class import book_class
from gymhopper.contracts.membership.api import MemberRef
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.contracts.membership.state import Overlay
from gymhopper.kernel.ids import new_id

FEE = {"amount": 500, "currency": "EUR"}
KINDS: tuple[Literal["freeze", "block"], ...] = ("freeze", "block")


def invited(studio: Studio, *hosts: Person, organisation_id: UUID | None = None) -> MemberRef:
    """Somebody without a membership whom these people have invited."""
    guest = MemberRef(
        member_id=new_id(),
        person_id=new_id(),
        organisation_id=organisation_id or studio.gym.organisation_id,
        hosts=tuple(each.person_id for each in hosts),
    )
    studio.people.members[guest.member_id] = guest
    return guest


async def test_a_guest_comes_along_with_a_place_and_ends_with_it(studio: Studio) -> None:
    await studio.rules(guests=1)
    cycling = await studio.class_(places=3)
    anna, bert = await studio.person(), await studio.person()
    eve = invited(studio, anna)
    brought = {"member_id": str(eve.member_id)}
    assert await anna.refused(cycling, brought) == "TOO_MANY_GUESTS"
    own = await anna.book(cycling)
    await bert.book(cycling)
    assert (await bert.book(cycling, brought, expect=404))["field"] == "member_id"
    guest = await anna.book(cycling, brought)
    assert (guest["status"], guest["membership_id"]) == ("booked", None)
    assert guest["host_booking_id"] == own["id"]
    assert guest["member_id"] == str(eve.member_id)
    assert await anna.get(f"/bookings/{guest['id']}") == guest
    await bert.get(f"/bookings/{guest['id']}", expect=404)
    await anna.post(f"/bookings/{own['id']}/cancel")
    ended = await anna.get(f"/bookings/{guest['id']}")
    assert (ended["status"], ended["ending"]) == ("cancelled", "released")
    assert await studio.counts(cycling) == (1, 0)


async def test_a_guest_never_stands_in_line(studio: Studio) -> None:
    await studio.rules(guests=2)
    cycling = await studio.class_(places=1)
    anna = await studio.person()
    await anna.book(cycling)
    brought = {"member_id": str(invited(studio, anna).member_id)}
    assert await anna.refused(cycling, brought) == "CLASS_FULL"
    assert await studio.counts(cycling) == (1, 0)


async def test_who_stands_in_line_brings_nobody(studio: Studio) -> None:
    await studio.rules(guests=1)
    cycling = await studio.class_(places=0)
    anna = await studio.person()
    assert (await anna.book(cycling))["status"] == "waiting"
    brought = {"member_id": str(invited(studio, anna).member_id)}
    assert await anna.refused(cycling, brought) == "TOO_MANY_GUESTS"


async def test_all_guests_at_once_are_no_more_than_may_come(studio: Studio) -> None:
    await studio.rules(guests=2)
    cycling = await studio.class_(places=20)
    anna = await studio.person()
    await anna.book(cycling)
    caller = AuthSubject(
        kind="member",
        id=new_id(),
        person_id=anna.person_id,
        within=frozenset({studio.gym.organisation_id}),
    )
    guests = [invited(studio, anna) for _ in range(8)]
    # Each in a transaction of its own, as in several processes.
    answers = await asyncio.gather(
        *(
            book_class(
                studio.gym.runtime,
                caller,
                UUID(cycling),
                Wish(person_id=NOBODY, member_id=each.member_id),
            )
            for each in guests
        ),
        return_exceptions=True,
    )
    refused = [each for each in answers if isinstance(each, BookingRefused)]
    assert {each.refusal.code for each in refused} == {"TOO_MANY_GUESTS"}
    assert len(refused) == 6
    assert await studio.counts(cycling) == (3, 0)


async def test_guests_in_one_breath_are_no_more_than_may_come(studio: Studio) -> None:
    await studio.rules(guests=2)
    cycling = await studio.class_(places=20)
    anna = await studio.person()
    await anna.book(cycling)
    path = f"/api/v1/classes/{cycling}/book"
    wishes = [{"member_id": str(invited(studio, anna).member_id)} for _ in range(8)]
    answers = await asyncio.gather(*(anna.http.post(path, json=each) for each in wishes))
    assert sorted(each.status_code for each in answers) == [201, 201, *[409] * 6]
    assert await studio.counts(cycling) == (3, 0)


async def test_a_guests_late_cancellation_is_the_hosts(studio: Studio) -> None:
    await studio.rules(
        guests=1, late_fee=FEE, strikes={"most": 1, "within_days": 30, "hold_days": 7}
    )
    cycling = await studio.class_(days=0.1)
    anna = await studio.person()
    await anna.book(cycling)
    guest = await anna.book(cycling, {"member_id": str(invited(studio, anna).member_id)})
    path = f"/bookings/{guest['id']}"
    assert (await anna.get(f"{path}/cancellation"))["fee"] == FEE
    assert (await anna.post(f"{path}/cancel"))["ending"] == "late"
    [fee] = await studio.gym.sql("SELECT person_id, amount FROM scheduling.fee")
    assert (fee.person_id, fee.amount) == (anna.person_id, 500)
    [strike] = await studio.gym.sql("SELECT person_id FROM scheduling.strike")
    assert strike.person_id == anna.person_id
    assert await anna.refused(await studio.class_()) == "BOOKING_HELD"


async def test_a_host_who_leaves_late_pays_for_one(studio: Studio) -> None:
    await studio.rules(guests=1, late_fee=FEE)
    cycling = await studio.class_(days=0.1)
    anna = await studio.person()
    own = await anna.book(cycling)
    await anna.book(cycling, {"member_id": str(invited(studio, anna).member_id)})
    await anna.post(f"/bookings/{own['id']}/cancel")
    fees = await studio.gym.sql("SELECT booking_id FROM scheduling.fee")
    assert [each.booking_id for each in fees] == [UUID(own["id"])]
    assert await studio.counts(cycling) == (0, 0)


async def test_a_guest_of_another_gym_is_nobody_here(studio: Studio) -> None:
    await studio.rules(guests=1)
    cycling = await studio.class_()
    anna = await studio.person()
    await anna.book(cycling)
    foreign = invited(studio, anna, organisation_id=new_id())
    problem = await anna.book(cycling, {"member_id": str(foreign.member_id)}, expect=404)
    assert problem["field"] == "member_id"


async def test_a_guest_has_to_sign_and_to_be_old_enough(studio: Studio) -> None:
    await studio.rules(guests=1)
    kind = await studio.gym.class_type(requirements={"minimum_age": 16, "waivers": True})
    cycling = await studio.class_(class_type_id=UUID(kind["id"]))
    anna = await studio.person()
    eve = invited(studio, anna)
    studio.people.ages = {anna.person_id: 30, eve.person_id: 15}
    studio.people.unsigned = {eve.person_id}
    await anna.book(cycling)
    brought = {"member_id": str(eve.member_id)}
    assert await anna.refused(cycling, brought) == "AGE_RESTRICTED"
    studio.people.ages[eve.person_id] = 16
    assert await anna.refused(cycling, brought) == "WAIVER_REQUIRED"
    studio.people.unsigned = set()
    assert (await anna.book(cycling, brought))["status"] == "booked"


async def test_the_line_gets_both_places(studio: Studio) -> None:
    await studio.rules(guests=1)
    cycling = await studio.class_(places=2)
    anna = await studio.person()
    own = await anna.book(cycling)
    await anna.book(cycling, {"member_id": str(invited(studio, anna).member_id)})
    others = [await studio.person() for _ in range(2)]
    for each in others:
        assert (await each.book(cycling))["status"] == "waiting"
    studio.gym.clock.advance(timedelta(minutes=1))
    await anna.post(f"/bookings/{own['id']}/cancel")
    await studio.work()
    assert (await studio.roster(cycling))["booked"] == [each.person_id for each in others]


def with_host(studio: Studio, guest: Person, host: Person) -> dict[str, str]:
    """The host has invited somebody who is a member already."""
    studio.people.members[guest.member_id] = MemberRef(
        member_id=guest.member_id,
        person_id=guest.person_id,
        organisation_id=studio.gym.organisation_id,
        hosts=(host.person_id,),
    )
    return {"member_id": str(guest.member_id)}


async def test_a_guest_comes_on_the_hosts_word_whatever_they_hold(studio: Studio) -> None:
    await studio.rules(guests=4)
    cycling = await studio.class_(places=9)
    anna = await studio.person()
    await anna.book(cycling)
    start = studio.gym.clock.now()
    freeze = Overlay(overlay_id=new_id(), kind="freeze", start=start)
    guests = [
        await studio.person(contract="ended"),
        await studio.person(overlays=(freeze,)),
        await studio.person(no_entry_from=start),
        await studio.person(),
    ]
    for each in guests:
        made = await anna.book(cycling, with_host(studio, each, anna))
        assert (made["membership_id"], made["member_id"]) == (None, str(each.member_id))
        assert made["bypassed"] == ["NO_MEMBERSHIP"]


async def test_a_guests_own_credits_are_not_the_hosts_to_spend(studio: Studio) -> None:
    await studio.rules(guests=1)
    kind = await studio.gym.class_type(credits=1)
    cycling = await studio.class_(class_type_id=UUID(kind["id"]))
    anna, eve = await studio.person(), await studio.person()
    lot = LotLeft(lot_id=new_id(), left=3, granted_at=studio.gym.clock.now())
    await eve.has_credits(lot)
    await anna.book(cycling)
    made = await anna.book(cycling, with_host(studio, eve, anna))
    assert (made["membership_id"], made["credits"]) == (None, 0)


async def test_who_is_blocked_is_nobodys_guest(studio: Studio) -> None:
    await studio.rules(guests=1)
    cycling = await studio.class_()
    start = studio.gym.clock.now()
    both = tuple(Overlay(overlay_id=new_id(), kind=kind, start=start) for kind in KINDS)
    graz = Coverage(include=(Clause(cities=("Graz",)),))
    anna, eve = await studio.person(), await studio.person(overlays=both, coverage=graz)
    await anna.book(cycling)
    assert await anna.refused(cycling, with_host(studio, eve, anna)) == "EXCLUDED"
    studio.gym.clock.advance(timedelta(hours=1))
    ended = tuple(msgspec.structs.replace(each, until=start) for each in both)
    await eve.has(overlays=ended)
    assert (await anna.book(cycling, with_host(studio, eve, anna)))["status"] == "booked"
