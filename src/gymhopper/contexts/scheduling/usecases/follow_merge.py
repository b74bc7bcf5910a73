"""Two members of an organisation turned out to be one: what was booked is the survivor's."""

from sqlalchemy import text

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contracts.membership.events import MembersMerged

# Nobody is in a class twice, so one of two places there stays where it is.
_TWICE = text(
    "SELECT b.id FROM scheduling.booking AS b JOIN scheduling.booking AS s"
    " ON s.class_id = b.class_id AND s.person_id = :person_id AND s.status <> 'cancelled'"
    " WHERE b.person_id = :merged_person_id AND b.home_organisation_id = :organisation_id"
    " AND b.status <> 'cancelled'"
)
_MOVE = (
    text(
        "UPDATE scheduling.booking SET person_id = :person_id, member_id = :member_id"
        " WHERE person_id = :merged_person_id AND home_organisation_id = :organisation_id"
        " AND id <> ALL(CAST(:twice AS uuid[]))"
    ),
    text(
        "UPDATE scheduling.booking SET host_person_id = :person_id"
        " WHERE host_person_id = :merged_person_id AND home_organisation_id = :organisation_id"
    ),
    text(
        "UPDATE scheduling.entitlement SET person_id = :person_id, member_id = :member_id"
        " WHERE person_id = :merged_person_id AND organisation_id = :organisation_id"
    ),
    text(
        "UPDATE scheduling.fee SET person_id = :person_id"
        " WHERE person_id = :merged_person_id AND home_organisation_id = :organisation_id"
    ),
    text(
        "UPDATE scheduling.strike SET person_id = :person_id"
        " WHERE person_id = :merged_person_id AND organisation_id = :organisation_id"
    ),
    text(
        "UPDATE scheduling.appointment SET person_id = :person_id, member_id = :member_id"
        " WHERE person_id = :merged_person_id AND organisation_id = :organisation_id"
    ),
    # Both may have had something at one time.
    text(
        "UPDATE scheduling.occupation SET resource_id = :person_id, shared = true"
        " WHERE resource_id = :merged_person_id AND organisation_id = :organisation_id"
    ),
    text(
        "UPDATE scheduling.feed SET person_id = :person_id"
        " WHERE person_id = :merged_person_id AND organisation_id = :organisation_id"
    ),
    text(
        "INSERT INTO scheduling.level AS l (organisation_id, person_id, discipline, level)"
        " SELECT organisation_id, :person_id, discipline, level FROM scheduling.level"
        " WHERE person_id = :merged_person_id AND organisation_id = :organisation_id"
        " ON CONFLICT (organisation_id, person_id, discipline)"
        " DO UPDATE SET level = greatest(l.level, excluded.level)"
    ),
    text(
        "DELETE FROM scheduling.level"
        " WHERE person_id = :merged_person_id AND organisation_id = :organisation_id"
    ),
)


async def follow_merge(uow: UnitOfWork, event: MembersMerged) -> None:
    """What the organisation has of the merged person goes over. A class in which both had a place
    keeps both rows: staff see them, and give one up."""
    asked = {
        "member_id": event.member_id,
        "person_id": event.person_id,
        "merged_person_id": event.merged_person_id,
        "organisation_id": event.organisation_id,
    }
    twice = [row.id for row in await uow.connection.execute(_TWICE, asked)]
    for each in _MOVE:
        await uow.connection.execute(each, {**asked, "twice": twice} if each is _MOVE[0] else asked)
