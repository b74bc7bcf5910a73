"""Notes of the desk about a member."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.paging import Page, Paged
from gymhopper.contexts.membership.domain.note import Note
from gymhopper.contexts.membership.http.fields import Request, Text
from gymhopper.contexts.membership.queries.notes import NoteRow, member_notes
from gymhopper.contexts.membership.usecases import keep_notes

router = APIRouter(prefix="/members/{member_id}/notes", tags=["members"])


class NewNote(Request):
    """What is to be known about a member; pinned, it is shown with the member."""

    text: Text = Field(min_length=1, examples=["Prefers to be called Ada."])
    pinned: bool = False


class NoteChange(Request):
    """What is left out stays."""

    text: Text | None = Field(default=None, min_length=1)
    pinned: bool | None = None


class NoteAnswer(BaseModel):
    """A note. `written_by` is the actor, as in the audit log."""

    id: UUID
    text: str
    pinned: bool
    written_at: datetime
    written_by: str
    version: int

    @classmethod
    def of(cls, note: Note | NoteRow) -> "NoteAnswer":
        """As an answer has it."""
        return cls(
            id=note.id,
            text=note.text,
            pinned=note.pinned,
            written_at=note.written_at,
            written_by=note.written_by,
            version=note.version,
        )


class NotePage(Page[NoteAnswer]):
    """Notes, the newest first."""


@router.post("", status_code=201, summary="Write a note about a member")
async def write_note(
    member_id: UUID,
    body: NewNote,
    runtime: CurrentRuntime,
    response: Response,
    caller: AuthSubject = scoped("notes:write"),
) -> NoteAnswer:
    """Dated now, by the caller. Members do not see notes about them."""
    async with runtime.begin(caller) as uow:
        note = await keep_notes.write_note(uow, member_id, body.text, pinned=body.pinned)
    set_etag(response, note.version)
    return NoteAnswer.of(note)


@router.get("", summary="List the notes about a member")
async def list_notes(
    member_id: UUID,
    page: Paged,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("notes:read"),
) -> NotePage:
    """All of them, the newest first; the pinned ones are in the member, too."""
    async with runtime.read(caller) as connection:
        found = await member_notes(connection, member_id, after=page.after(UUID), limit=page.fetch)
    shown, next_cursor = page.cut(found, lambda each: each.id)
    return NotePage(items=[NoteAnswer.of(each) for each in shown], next_cursor=next_cursor)


@router.patch("/{note_id}", summary="Correct, pin or unpin a note")
async def change_note(
    member_id: UUID,
    note_id: UUID,
    body: NoteChange,
    runtime: CurrentRuntime,
    response: Response,
    expected: IfMatch,
    caller: AuthSubject = scoped("notes:write"),
) -> NoteAnswer:
    """Date and author stay those of the note; the audit log knows who changed it."""
    async with runtime.begin(caller) as uow:
        note = await keep_notes.change_note(
            uow, member_id, note_id, text=body.text, pinned=body.pinned, expected=expected
        )
    set_etag(response, note.version)
    return NoteAnswer.of(note)


@router.delete("/{note_id}", status_code=204, summary="Delete a note")
async def delete_note(
    member_id: UUID,
    note_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("notes:write"),
) -> None:
    """Its text is gone for good; the audit log says who deleted it."""
    async with runtime.begin(caller) as uow:
        await keep_notes.delete_note(uow, member_id, note_id)
