"""What must always be true of doors' records; each query counts what breaks it.

The event log is read beside the context's own schema: it says what was published.
"""

INVARIANTS = {
    # PostgreSQL computes the same hash as the drain. The first entry that is still kept has
    # nothing to be compared with, unless it is the first of all.
    "The journal's entries are numbered without a gap, and each hash rests on the one before": (
        "SELECT count(*) FROM (SELECT entry, hash, record, lag(entry) OVER chain AS entry_before,"
        " lag(hash) OVER chain AS hash_before FROM access.journal"
        " WINDOW chain AS (PARTITION BY cell ORDER BY entry)) AS j"
        " WHERE entry <> coalesce(entry_before + 1, entry)"
        " OR hash <> sha256(coalesce(hash_before, decode(repeat('00', 32), 'hex')) || record)"
        " AND (hash_before IS NOT NULL OR entry = 1)"
    ),
    "The journal ends where the drain has come to": (
        "SELECT count(*) FROM access.drain AS d LEFT JOIN LATERAL (SELECT entry, hash"
        " FROM access.journal AS j WHERE j.cell = d.cell ORDER BY entry DESC LIMIT 1) AS j ON true"
        " WHERE d.entry <> coalesce(j.entry, 0)"
        " OR d.hash <> coalesce(j.hash, decode(repeat('00', 32), 'hex'))"
    ),
    "Every visit was counted once": ("SELECT count(*) - count(DISTINCT id) FROM access.visit"),
    "Every visit stands in the journal, as an admission of that person": (
        "SELECT count(*) FROM access.visit AS v WHERE NOT EXISTS (SELECT 1 FROM access.journal AS j"
        " WHERE j.entry = v.entry AND j.visit_id = v.id AND j.person_id = v.person_id"
        " AND j.at = v.at AND j.outcome = 'allow')"
    ),
    "Every visit was published once, and nothing else was": (
        "SELECT count(*) FROM (SELECT id, count(*) AS n FROM access.visit GROUP BY id) AS v"
        " FULL JOIN (SELECT aggregate_id AS id, count(*) AS n FROM bus.event"
        " WHERE type = 'access.visit.recorded.v1' GROUP BY aggregate_id) AS e USING (id)"
        " WHERE v.n IS DISTINCT FROM 1 OR e.n IS DISTINCT FROM 1"
    ),
    "Every credential is in the feed of every cell": (
        "SELECT count(*) FROM access.cell AS c CROSS JOIN access.credential AS h"
        " WHERE NOT EXISTS (SELECT 1 FROM access.feed AS f WHERE f.cell = c.name"
        " AND f.kind = 'credential' AND f.key = h.key AND f.payload IS NOT NULL)"
    ),
    "No row of a feed is beyond its end": (
        "SELECT count(*) FROM access.feed AS f JOIN access.cell AS c ON c.name = f.cell"
        " WHERE f.number > c.number"
    ),
}
