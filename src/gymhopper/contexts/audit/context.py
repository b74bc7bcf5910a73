"""The audit log, as the composition root sees it."""

from gymhopper.chassis.registry import Context, Part
from gymhopper.contexts.audit.http import routers
from gymhopper.contexts.audit.jobs import sealer

context = Context(
    name="audit",
    routers=routers,
    parts=[Part("relay", sealer)],
    invariants={
        "Every seal of the audit log begins where the one before ended": (
            "SELECT count(*) FROM (SELECT first, coalesce(lag(last) OVER (ORDER BY number), 0)"
            " AS ended FROM audit.seal) AS s WHERE first <> ended + 1"
        ),
        "Every number of the audit log is sealed": (
            "SELECT count(*) FROM audit.head WHERE last <>"
            " (SELECT coalesce(max(last), 0) FROM audit.seal)"
        ),
    },
    tags={"audit": "Who did what, from where, and on whose behalf."},
    scopes={"audit:read": "see who did what, and export it"},
)
