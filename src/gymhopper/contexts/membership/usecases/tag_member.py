"""Set and unset the tags of a member."""

from collections.abc import Collection
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.kernel.errors import InvalidInput

MOST_TAGS = 50


async def tag_member(
    uow: UnitOfWork,
    member_id: UUID,
    *,
    set_: Collection[str] = (),
    unset: Collection[str] = (),
    expected: Expected = ANY,
) -> Member:
    """Give the member tags and take others away; what is so already stays so.

    Two desks that do this at once lose nothing of each other's.
    """
    member = await uow.get(Member, member_id)
    expected.require(member)
    tags = sorted((set(member.tags) | set(set_)) - set(unset))
    if len(tags) > MOST_TAGS:
        raise InvalidInput(f"A member has {MOST_TAGS} tags at most.", field="set")
    if tags != member.tags:
        member.tags = tags
        member.version += 1
    return member
