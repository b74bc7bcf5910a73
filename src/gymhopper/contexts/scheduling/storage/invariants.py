"""What must always be true of classes; each query counts what breaks it."""

INVARIANTS = {
    "A class counts its bookings: those that hold a place, and those in line": (
        "SELECT count(*) FROM scheduling.class AS c CROSS JOIN LATERAL"
        " (SELECT count(*) FILTER (WHERE b.status <> 'waiting') AS taken,"
        " count(*) FILTER (WHERE b.status = 'waiting') AS waiting FROM scheduling.booking AS b"
        " WHERE b.class_id = c.id AND b.status <> 'cancelled') AS b"
        " WHERE (c.taken, c.waiting) <> (b.taken, b.waiting)"
    ),
    "A class that takes place has its room and its instructors at its time, an appointment these"
    " and its person, and nothing else is anywhere": (
        "SELECT count(*) FROM (SELECT c.id, r.resource_id, tstzrange(c.start_at, c.until_at)"
        " AS during FROM scheduling.class AS c CROSS JOIN LATERAL"
        " unnest(array_remove(c.instructor_ids || c.room_id, NULL)) AS r (resource_id)"
        " WHERE c.status = 'scheduled' UNION ALL SELECT a.id, r.resource_id,"
        " CASE WHEN r.resource_id = a.person_id THEN tstzrange(a.start_at, a.until_at)"
        " ELSE tstzrange(a.kept_from, a.kept_until) END FROM scheduling.appointment AS a"
        " CROSS JOIN LATERAL unnest(array_remove(ARRAY[a.instructor_id, a.person_id, a.room_id],"
        " NULL)) AS r (resource_id) WHERE a.status <> 'cancelled') AS c"
        " FULL JOIN scheduling.occupation AS o"
        " ON o.id = c.id AND o.resource_id = c.resource_id AND o.during = c.during"
        " WHERE o.id IS NULL OR c.id IS NULL"
    ),
    "Whoever holds a place does so at the time of the class": (
        "SELECT count(*) FROM scheduling.booking AS b JOIN scheduling.class AS c"
        " ON c.id = b.class_id WHERE b.status <> 'cancelled' AND (c.status = 'cancelled'"
        " OR (b.start_at, b.until_at) <> (c.start_at, c.until_at))"
    ),
}
