"""What a caller may do, and where."""

import pytest

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.kernel.errors import Forbidden
from gymhopper.kernel.ids import new_id

HERE, THERE, ENTITY, OTHER = (new_id() for _ in range(4))

ANYWHERE = AuthSubject(kind="staff")
OF_ENTITY = AuthSubject(kind="staff", legal_entity_id=ENTITY)
AT_HERE = AuthSubject(kind="staff", legal_entity_id=ENTITY, location_id=HERE)


@pytest.mark.parametrize(
    ("subject", "location_id", "legal_entity_id", "theirs"),
    [
        (ANYWHERE, None, None, True),
        (ANYWHERE, HERE, ENTITY, True),
        (SERVICE, HERE, ENTITY, True),
        (OF_ENTITY, HERE, ENTITY, True),
        (OF_ENTITY, THERE, ENTITY, True),
        (OF_ENTITY, None, ENTITY, True),
        (OF_ENTITY, THERE, OTHER, False),
        (OF_ENTITY, None, None, False),
        (AT_HERE, HERE, ENTITY, True),
        (AT_HERE, THERE, ENTITY, False),
        (AT_HERE, None, ENTITY, False),
        (AT_HERE, None, None, False),
    ],
)
def test_whoever_is_limited_to_a_place_stays_there(
    subject: AuthSubject, location_id: object, legal_entity_id: object, theirs: bool
) -> None:
    place = {"location_id": location_id, "legal_entity_id": legal_entity_id}
    if theirs:
        subject.require_place(**place)
        return
    with pytest.raises(Forbidden) as refused:
        subject.require_place(**place)
    assert refused.value.reason == "not_your_place"
