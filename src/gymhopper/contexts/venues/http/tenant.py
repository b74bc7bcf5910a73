"""For which organisation a request acts."""

from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.kernel.errors import InvalidInput, NotFound


def acting_for(caller: AuthSubject, given: UUID | None) -> UUID:
    """The caller's own organisation, or the one that a platform administrator names.

    Raises NotFound for a foreign one, InvalidInput when an administrator names none.
    """
    if caller.everywhere:
        if given is None:
            raise InvalidInput("Say for which organisation.", field="organisation_id")
        return given
    if caller.organisation_id is None or given not in {None, caller.organisation_id}:
        raise NotFound("There is no organisation with this id.", field="organisation_id")
    return caller.organisation_id
