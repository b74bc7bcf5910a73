"""For which organisation a caller acts in a request."""

from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.kernel.errors import InvalidInput, NotFound


def tenant(caller: AuthSubject, given: UUID | None) -> UUID:
    """The caller's own organisation, or the given one for those who act for all.

    Raises NotFound when the caller names an organisation that is not its own, as if there were
    none, and InvalidInput when a platform administrator names none.
    """
    own = caller.organisation_id
    if caller.everywhere:
        if given is None:
            raise InvalidInput("Say for which organisation.", field="organisation_id")
        return given
    if own is None or given not in (None, own):
        raise NotFound("There is no organisation with this id.", field="organisation_id")
    return own
