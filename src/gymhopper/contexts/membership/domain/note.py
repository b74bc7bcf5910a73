"""What the desk writes down about a member."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(eq=False, kw_only=True)
class Note:
    """A dated note with its author, for the desk alone; a pinned one is shown with the member."""

    id: UUID
    organisation_id: UUID
    member_id: UUID
    text: str
    pinned: bool
    written_at: datetime
    written_by: str
    version: int = 1
