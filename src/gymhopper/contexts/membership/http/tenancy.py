"""For which organisation a caller acts in a request."""

from uuid import UUID

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contracts.venues.api import VenuesApi
from gymhopper.kernel.errors import InvalidInput, NotFound


async def tenant(runtime: Runtime, caller: AuthSubject, given: UUID | None) -> UUID:
    """The caller's own organisation, or the given one for those who act for all.

    Raises NotFound when the caller names an organisation that is not its own, as if there were
    none, and InvalidInput when a platform administrator names none.
    """
    own = caller.organisation_id
    if not caller.everywhere and own is not None and given in (None, own):
        return own
    if caller.everywhere:
        if given is None:
            raise InvalidInput("Say for which organisation.", field="organisation_id")
        known = await runtime.api(VenuesApi).organisation(organisation_id=given)
        if known is not None:
            return given
    raise NotFound("There is no organisation with this id.", field="organisation_id")
