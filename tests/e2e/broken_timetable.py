"""What is done to a sound timetable, so that a promise about it is broken."""

_CLASS = (
    "INSERT INTO scheduling.class_type (id, organisation_id, version, name, description, minutes,"
    " credits, requirements, created_at) SELECT location_id, organisation_id, 1, '', '', 60, 1,"
    " '{}', to_timestamp(0) FROM scheduling.place LIMIT 1;"
    " INSERT INTO scheduling.class (id, host_organisation_id, location_id, class_type_id, version,"
    " name, start_at, until_at, zone, instructor_ids, substitute, capacity, caps, status, edited,"
    " taken, waiting, last_number, created_at) SELECT id, organisation_id, id, id, 1, '',"
    " to_timestamp(0), to_timestamp(3600), 'UTC', '{}', false, 9, '{}', 'scheduled', '{}', 0, 0,"
    " 0, created_at FROM scheduling.class_type;"
)


def with_a_class(then: str) -> str:
    """A class that is as it should be, and what goes wrong with it."""
    return f"{_CLASS} {then}"


BROKEN_TIMETABLE = {
    "A class counts its bookings: those that hold a place, and those in line": (
        with_a_class("UPDATE scheduling.class SET taken = 1")
    ),
    "A class that takes place has its room and its instructors at its time, an appointment these"
    " and its person, and nothing else is anywhere": with_a_class(
        "UPDATE scheduling.class SET instructor_ids = ARRAY[id]"
    ),
    "Whoever holds a place does so at the time of the class": with_a_class(
        "INSERT INTO scheduling.booking (id, class_id, host_organisation_id,"
        " home_organisation_id, person_id, member_id, version, channel, status, number, start_at,"
        " until_at, credits, credits_known, terms, bypassed, booked_at, booked_by, free_until)"
        " SELECT id, id, host_organisation_id, host_organisation_id, id, id, 1, 'desk', 'booked',"
        " 9, until_at, until_at, 0, true, '{}', '{}', start_at, '', start_at FROM scheduling.class"
    ),
}
