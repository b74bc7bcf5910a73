"""Book several classes for one, each of which is answered by itself."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.domain.asking import Wish
from gymhopper.contexts.scheduling.queries.scene import hold_classes
from gymhopper.contexts.scheduling.usecases.book_class import asked
from gymhopper.contexts.scheduling.usecases.standings import standings_at
from gymhopper.contexts.scheduling.usecases.take_places import Ask, Given, take_places
from gymhopper.contracts.membership.people.api import Standing
from gymhopper.kernel.errors import GymhopperError

Asked = tuple[Ask, Mapping[UUID, Standing]]


async def book_several(
    runtime: Runtime,
    caller: AuthSubject,
    class_ids: Sequence[UUID],
    wish: Wish,
    *,
    bypass: bool = False,
) -> list[Given | GymhopperError]:
    """What comes of the wish in each of the classes, in their order: one that is refused takes
    nothing from the others, and each that is given counts for those behind it.

    Raises what the first of them is refused with when the caller may ask for none.
    """
    asks = [await _asked(runtime, caller, each, wish, bypass=bypass) for each in class_ids]
    first = asks[0]
    if isinstance(first, GymhopperError) and not any(isinstance(each, tuple) for each in asks):
        raise first
    async with runtime.begin(SERVICE) as uow:
        # Classes before people, and all of them at once: the first of them holds the person.
        await hold_classes(uow.connection, class_ids)
        answers: list[Given | GymhopperError] = []
        for class_id, each in zip(class_ids, asks, strict=True):
            if isinstance(each, GymhopperError):
                answers.append(each)
                continue
            ask, standings = each
            answers += await take_places(uow, class_id, [ask], standings)
        return answers


async def _asked(
    runtime: Runtime, caller: AuthSubject, class_id: UUID, wish: Wish, *, bypass: bool
) -> Asked | GymhopperError:
    try:
        ask = await asked(runtime, caller, class_id, wish, bypass=bypass)
        return ask, await standings_at(runtime, class_id, [ask.wish.person_id])
    except GymhopperError as error:
        return error
