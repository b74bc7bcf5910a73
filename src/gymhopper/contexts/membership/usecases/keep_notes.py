"""Write notes about members, change them, and delete them."""

from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.domain.note import Note
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id


async def write_note(uow: UnitOfWork, member_id: UUID, text: str, *, pinned: bool) -> Note:
    """Write down something about the member; NotFound when there is none."""
    member = await uow.get(Member, member_id)
    note = Note(
        id=new_id(),
        organisation_id=member.organisation_id,
        member_id=member.id,
        text=text,
        pinned=pinned,
        written_at=uow.now,
        written_by=uow.subject.actor,
    )
    uow.add(note)
    return note


async def change_note(
    uow: UnitOfWork,
    member_id: UUID,
    note_id: UUID,
    *,
    text: str | None = None,
    pinned: bool | None = None,
    expected: Expected = ANY,
) -> Note:
    """Correct a note, pin it or unpin it; None leaves it. Date and author stay."""
    note = await _note(uow, member_id, note_id)
    expected.require(note)
    note.text = note.text if text is None else text
    note.pinned = note.pinned if pinned is None else pinned
    note.version += 1
    return note


async def delete_note(uow: UnitOfWork, member_id: UUID, note_id: UUID) -> None:
    """Delete a note for good. The audit log says that somebody did, and not what it said."""
    await uow.session.delete(await _note(uow, member_id, note_id))


async def _note(uow: UnitOfWork, member_id: UUID, note_id: UUID) -> Note:
    note = await uow.get(Note, note_id)
    if note.member_id != member_id:
        raise NotFound("There is no note with this id.")
    return note
