"""Take an invitation back."""

from typing import Literal
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.invitation import Invitation
from gymhopper.kernel.errors import NotFound

Invited = Literal["employee", "member"]


async def withdraw_invitation(uow: UnitOfWork, invitation_id: UUID, invited: Invited) -> None:
    """From now on its link is not good; InvitationOver when it was accepted.

    NotFound when the caller sees none of this id for such an invitee.
    """
    found = await uow.session.get(
        Invitation, invitation_id, with_for_update=True, populate_existing=True
    )
    if found is None or (found.employee_id is None) is (invited == "employee"):
        raise NotFound("There is no invitation with this id.")
    found.withdraw(uow.now)
