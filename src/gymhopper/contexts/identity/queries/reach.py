"""For which people accounts may act, within which organisations.

An account reaches a person to whom it is linked, and that person's dependents: within the
organisation that vouched for the link and says that one is the other's guardian.
"""

from sqlalchemy import and_, false, select, true

from gymhopper.contexts.identity.storage.acting_tables import guardianship, person_link

_link, _guarded = person_link.c, guardianship.c

REACH = (
    select(
        _link.account_id,
        _link.person_id,
        _link.organisation_id,
        _link.linked_at.label("since"),
        false().label("dependent"),
    )
    .union_all(
        select(
            _link.account_id,
            _guarded.dependent_person_id,
            _guarded.organisation_id,
            _guarded.began_at,
            true(),
        )
        .join_from(
            person_link,
            guardianship,
            and_(
                _guarded.guardian_person_id == _link.person_id,
                _guarded.organisation_id == _link.organisation_id,
            ),
        )
        .where(_guarded.ended_at.is_(None))
    )
    .subquery("reach")
)
