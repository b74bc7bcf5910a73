"""Write a roster: begin it, add people to it, and submit it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.sponsor import (
    Agreed,
    Entitled,
    ExternalIdTwice,
    Roster,
    RosterEntry,
    RosterKind,
    Sponsor,
)
from gymhopper.contexts.membership.storage.roster_seal import RosterSeal
from gymhopper.contexts.membership.storage.sponsor_tables import roster_entry
from gymhopper.kernel.ids import new_id

ROSTER = "membership.roster"
"""The timer that works on a roster, some rows at a time; its key is the roster's id."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to come in, and on which local days `[starts_on, ends_on)`."""

    external_id: str
    person: Entitled
    starts_on: date
    ends_on: date


async def begin_roster(
    uow: UnitOfWork, sponsor_id: UUID, *, kind: RosterKind, agreed: Agreed
) -> Roster:
    """An empty draft. Raises NotFound."""
    sponsor = await uow.get(Sponsor, sponsor_id)
    begun = Roster(
        id=new_id(),
        version=1,
        organisation_id=sponsor.organisation_id,
        sponsor_id=sponsor.id,
        kind=kind,
        agreed=agreed,
        created_at=uow.now,
        created_by=uow.subject.actor,
    )
    uow.add(begun)
    return begun


async def add_rows(uow: UnitOfWork, roster_id: UUID, rows: Sequence[Row]) -> Roster:
    """Add people to a draft; who is in it already is replaced, so that a repeat changes nothing.

    Raises NotFound, RosterSubmitted, ExternalIdTwice.
    """
    roster = await uow.get(Roster, roster_id)
    roster.require_draft()
    named = [each.external_id for each in rows]
    if len(set(named)) < len(named):
        raise ExternalIdTwice("Two rows have the same external id.", field="entries")
    of = roster_entry.c
    found = await uow.session.scalars(
        select(RosterEntry).where(of.roster_id == roster.id, of.external_id.in_(named))
    )
    known = {each.external_id: each for each in found}
    seal = RosterSeal(uow.runtime.secrets)
    for row in rows:
        entry = known.get(row.external_id)
        if entry is None:
            roster.total += 1
            entry = RosterEntry(
                id=new_id(),
                roster_id=roster.id,
                organisation_id=roster.organisation_id,
                number=roster.total,
                external_id=row.external_id,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                sealed=None,
            )
            uow.add(entry)
        entry.starts_on, entry.ends_on = row.starts_on, row.ends_on
        entry.sealed = seal.seal(entry.id, row.person)
    roster.version += 1
    return roster


async def submit_roster(uow: UnitOfWork, roster_id: UUID) -> Roster:
    """Have it worked on from now on. Raises NotFound, RosterSubmitted."""
    roster = await uow.get(Roster, roster_id)
    roster.require_draft()
    roster.status, roster.submitted_at = "submitted", uow.now
    roster.version += 1
    await uow.schedule(ROSTER, str(roster.id), uow.now)
    return roster
