"""What membership answers to other contexts."""

from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.membership import queries
from gymhopper.contracts.membership.api import MemberRef, Purchase


class Memberships:
    """Keeps `MembershipApi` by reading this context's tables."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def purchase(self, *, membership_id: UUID) -> Purchase | None:
        """The terms under which the membership was bought, or None when there is none."""
        async with self._runtime.read(SERVICE) as connection:
            return await queries.purchase(connection, membership_id)

    async def member(self, *, member_id: UUID) -> MemberRef | None:
        """The person behind a member, or None when there is no such member."""
        async with self._runtime.read(SERVICE) as connection:
            return await queries.member_ref(connection, member_id)
