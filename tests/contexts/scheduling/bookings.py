"""Bookings as the database holds them, for tests that are not about booking."""

from contexts.scheduling.town import Gym
from gymhopper.kernel.ids import new_id


async def booked(
    gym: Gym,
    class_id: str,
    *,
    status: str = "booked",
    spot: str | None = None,
    credits: int = 0,  # noqa: A002 - as the column is called
) -> str:
    """Somebody's place in a class, or in the line; returns the booking's id."""
    key = new_id()
    ended = status == "cancelled"
    await gym.sql(
        "WITH c AS (UPDATE scheduling.class SET last_number = last_number + 1,"
        " taken = taken + CAST(:holds AS integer), waiting = waiting + CAST(:waits AS integer)"
        " WHERE id = :class_id RETURNING *)"
        " INSERT INTO scheduling.booking (id, class_id, host_organisation_id,"
        " home_organisation_id, person_id, member_id, version, channel, status, number, start_at,"
        " until_at, spot, credits, credits_known, terms, bypassed, booked_at, booked_by,"
        " free_until, ended_at, ending) SELECT :id, id, host_organisation_id, host_organisation_id,"
        " :person, :member, 0, 'online', :status, last_number, start_at, until_at, :spot, :credits,"
        " true, '{}', '{}', :now, 'test', start_at - interval '12 hours', :ended_at,"
        " :ending FROM c",
        id=key,
        class_id=class_id,
        holds=int(status in {"booked", "offered", "attended", "missed"}),
        waits=int(status == "waiting"),
        person=new_id(),
        member=new_id(),
        status=status,
        spot=spot,
        credits=credits,
        now=gym.clock.now(),
        ended_at=gym.clock.now() if ended else None,
        ending="early" if ended else None,
    )
    return str(key)
