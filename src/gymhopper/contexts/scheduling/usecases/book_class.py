"""Book a place for one, from a request of theirs or of staff."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.domain.asking import Wish
from gymhopper.contexts.scheduling.domain.refusals import STAFF_BYPASS
from gymhopper.contexts.scheduling.queries.scene import Scene
from gymhopper.contexts.scheduling.usecases.guardians import is_guardian
from gymhopper.contexts.scheduling.usecases.reach import require_host
from gymhopper.contexts.scheduling.usecases.standings import seen_class, standings_at
from gymhopper.contexts.scheduling.usecases.take_places import Ask, Given, take_places
from gymhopper.contracts.membership.api import MemberRef, MembershipApi
from gymhopper.kernel.errors import Forbidden, GymhopperError, InvalidInput, NotFound

NO_MEMBER = "There is no member with this id."


async def book_class(
    runtime: Runtime, caller: AuthSubject, class_id: UUID, wish: Wish, *, bypass: bool = False
) -> Given:
    """A place in the class or in its line. Raises NotFound, Forbidden, BookingRefused.

    The wish's `member_id` is whom it is for: the caller, whom they guard, a guest of theirs, or
    anybody whom staff ask for; `bypass` books over what staff may book over.
    """
    ask = await asked(runtime, caller, class_id, wish, bypass=bypass)
    [given] = await book_together(runtime, class_id, [ask])
    if not isinstance(given, Given):
        raise given
    return given


async def asked(
    runtime: Runtime, caller: AuthSubject, class_id: UUID, wish: Wish, *, bypass: bool = False
) -> Ask:
    """What the caller asks for, once it is certain that they may."""
    by = By.present(caller, runtime.clock.now())
    if caller.person_id is not None and wish.member_id is None and not bypass:
        return Ask(wish=replace(wish, person_id=caller.person_id), by=by)
    scene = await seen_class(runtime, class_id)
    return Ask(wish=await _complete(runtime, caller, scene, wish, bypass=bypass), by=by)


async def book_together(
    runtime: Runtime, class_id: UUID, asks: Sequence[Ask]
) -> list[Given | GymhopperError]:
    """What each gets, in the order of asking, in one transaction. Raises NotFound for the class."""
    standings = await standings_at(runtime, class_id, {each.wish.person_id for each in asks})
    # The rows are of several: the class's gym, each person at their own, the line.
    async with runtime.begin(SERVICE) as uow:
        return await take_places(uow, class_id, asks, standings)


async def _complete(
    runtime: Runtime, caller: AuthSubject, scene: Scene, wish: Wish, *, bypass: bool
) -> Wish:
    """The wish, once it is certain that the caller may have it."""
    if caller.person_id is not None:
        if bypass or wish.member_id is None:
            raise Forbidden("Only staff book over the rules.", code="staff_only")
        member = await _member(runtime, wish.member_id)
        if caller.acts_as(member.person_id, member.organisation_id):
            return replace(wish, person_id=caller.person_id, member_id=None)
        if is_guardian(caller, member):
            return replace(
                wish,
                person_id=member.person_id,
                member_id=None,
                guarded_at=member.organisation_id,
            )
        return _as_guest(caller, scene, wish, member)
    host = scene.state.host_organisation_id
    async with runtime.read(SERVICE) as connection:
        await require_host(connection, caller, scene.state)
    if wish.member_id is None:
        raise InvalidInput("Say for which member.", field="member_id")
    member = await _member(runtime, wish.member_id)
    if member.organisation_id not in {host, *scene.caps.networks}:
        raise NotFound(NO_MEMBER, field="member_id")
    return replace(
        wish,
        person_id=member.person_id,
        home_organisation_id=member.organisation_id,
        desk=True,
        over=STAFF_BYPASS if bypass else frozenset(),
    )


def _as_guest(caller: AuthSubject, scene: Scene, wish: Wish, member: MemberRef) -> Wish:
    """Somebody whom the caller has invited comes along with the caller's own booking: both are
    known to the gym that runs the class."""
    host = scene.state.host_organisation_id
    known = member.organisation_id == host and host in caller.within
    if not known or caller.person_id not in member.hosts:
        raise NotFound(NO_MEMBER, field="member_id")
    return replace(
        wish,
        person_id=member.person_id,
        host_person_id=caller.person_id,
        or_wait=False,
    )


async def _member(runtime: Runtime, member_id: UUID) -> MemberRef:
    found = await runtime.api(MembershipApi).member(member_id=member_id)
    if found is None:
        raise NotFound(NO_MEMBER, field="member_id")
    return found
