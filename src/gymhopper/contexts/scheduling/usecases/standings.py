"""What a class asks of people whom only membership knows: asked before anything is held."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.queries.line import people_in_line
from gymhopper.contexts.scheduling.queries.scene import Scene, look_at_classes
from gymhopper.contracts.membership.people.api import PeopleApi, Standing
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import NotFound


async def standings_of(
    runtime: Runtime, scene: Scene, people: Iterable[UUID]
) -> dict[UUID, Standing]:
    """The standing of these people at the class, each as known by the gym, else by the network
    whose member they come as; who is known to neither has the standing of a stranger."""
    asked = tuple(people)
    found = {each: Standing(person_id=each) for each in asked}
    requirements = scene.occasion.requirements
    if not (requirements.waivers or requirements.by_age):
        return found
    unknown = asked
    for organisation_id in (scene.state.host_organisation_id, *scene.caps.networks):
        if not unknown:
            break
        told = await runtime.api(PeopleApi).standings(
            organisation_id=organisation_id,
            person_ids=unknown,
            at=scene.state.start,
            day=local_date(scene.state.start, scene.state.zone),
            ages=requirements.by_age,
        )
        found.update({each.person_id: each for each in told})
        known = {each.person_id for each in told}
        unknown = tuple(each for each in unknown if each not in known)
    return found


async def standings_at(
    runtime: Runtime, class_id: UUID, people: Iterable[UUID]
) -> Mapping[UUID, Standing]:
    """The same, of a class by its id. Raises NotFound."""
    return await standings_of(runtime, await seen_class(runtime, class_id), people)


async def standings_of_line(runtime: Runtime, class_id: UUID) -> Mapping[UUID, Standing]:
    """The same of those who stand in line for it."""
    scene = await seen_class(runtime, class_id)
    async with runtime.read(SERVICE) as connection:
        people = await people_in_line(connection, class_id, runtime.clock.now())
    return await standings_of(runtime, scene, people)


async def seen_class(runtime: Runtime, class_id: UUID) -> Scene:
    """The class as it is now. Raises NotFound."""
    async with runtime.asking(SERVICE) as connection:
        found = await look_at_classes(connection, [class_id])
    if class_id not in found:
        raise NotFound("There is no class with this id.")
    return found[class_id]
