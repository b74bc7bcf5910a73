"""What is said to book classes."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from gymhopper.contexts.scheduling.domain.asking import Wish
from gymhopper.contexts.scheduling.http.fields import Request, Word

NOBODY = UUID(int=0)

MOST_AT_ONCE = 50
"""Classes of one request: all of them are held until it is answered."""

Membership = Annotated[
    UUID | None,
    Field(description="What to use; the cheapest for the member when left out."),
]
Waitlist = Annotated[bool, Field(description="Stand in line when the class is full.")]
Bypass = Annotated[
    bool,
    Field(
        description="Staff: book over windows, limits and holds. What was bypassed stays recorded."
    ),
]


class BookRequest(Request):
    """A place that is asked for. Members leave out `member_id` for themselves, or name whom they
    are guardians of, or a guest whom they have invited; staff name a member."""

    member_id: UUID | None = None
    membership_id: Membership = None
    spot: Word | None = Field(default=None, examples=["12"])
    waitlist: Waitlist = True
    wait_until: AwareDatetime | None = Field(
        default=None, description="Until when to stand in line; until the class when left out."
    )
    bypass: Bypass = False

    def wish(self) -> Wish:
        """As the domain has it, for somebody whom the use case finds."""
        return Wish(
            person_id=NOBODY,
            member_id=self.member_id,
            membership_id=self.membership_id,
            spot=self.spot,
            or_wait=self.waitlist,
            wait_until=self.wait_until,
        )


class SeveralRequest(Request):
    """Places in several classes, for the same person in the same way. Members leave out `member_id`
    for themselves, or name whom they are guardians of; staff name a member."""

    class_ids: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    member_id: UUID | None = None
    membership_id: Membership = None
    waitlist: Waitlist = True
    bypass: Bypass = False

    def wish(self) -> Wish:
        """As the domain has it, for somebody whom the use case finds."""
        return Wish(
            person_id=NOBODY,
            member_id=self.member_id,
            membership_id=self.membership_id,
            or_wait=self.waitlist,
        )
