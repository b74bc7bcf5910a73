"""What one unit of work leaves in the audit log."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstanceState

from gymhopper.chassis.audit import watching
from gymhopper.chassis.audit.acts import Act, entry_by, entry_of, is_audited
from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.audit.changes import Seen, merged
from gymhopper.chassis.audit.entry import Change, Entry, Happened, What
from gymhopper.chassis.audit.log import append, append_if_written
from gymhopper.chassis.audit.watching import Shows
from gymhopper.chassis.auth import AuthSubject

MOST = 200
"""So many changes an entry tells one by one; of more it says how many there were of which kind."""


class _Told(msgspec.Struct, frozen=True):
    """An event with the organisation that it was recorded for."""

    event: Happened
    organisation_id: UUID | None


class Trail:
    """Collects what a transaction wrote and did, and writes it down as its last deed."""

    def __init__(self, subject: AuthSubject, shows: Shows) -> None:
        self.watches = is_audited(subject)
        self._subject = subject
        self._shows = shows
        self._seen: list[Seen] = []
        self._told: list[_Told] = []
        self._acts: list[Entry] = []
        self._of_others: list[tuple[By, Seen | _Told]] = []

    def see(self, state: InstanceState[Any], what: What) -> None:
        """An object's row was written."""
        found = watching.seen(state, what, self._shows)
        if found is not None:
            self._seen.append(found)

    def note(
        self,
        change: Change,
        *,
        organisation_id: UUID | None,
        person_id: UUID | None,
        by: By | None = None,
    ) -> None:
        """A row was written past the session, for somebody else where they are named."""
        found = Seen(change, organisation_id, person_id)
        if by is not None:
            self._of_others.append((by, found))
        elif self.watches:
            self._seen.append(found)

    def tell(
        self,
        event_type: str,
        aggregate_id: UUID,
        organisation_id: UUID | None,
        by: By | None = None,
    ) -> None:
        """An event was recorded, for somebody else where they are named."""
        told = _Told(Happened(type=event_type, id=aggregate_id), organisation_id)
        if by is not None:
            self._of_others.append((by, told))
        elif self.watches:
            self._told.append(told)

    def act(self, done: Act, now: datetime) -> None:
        """Something was done that deserves an entry of its own, whoever did it."""
        self._acts.append(entry_of(done, self._subject, now))

    def mark(self) -> tuple[int, int, int, int]:
        """How much there is, for `forget`."""
        return len(self._seen), len(self._told), len(self._acts), len(self._of_others)

    def forget(self, mark: tuple[int, int, int, int]) -> None:
        """What came after the mark was rolled back."""
        seen, told, acts, others = mark
        del self._seen[seen:], self._told[told:], self._acts[acts:], self._of_others[others:]

    async def write(self, connection: AsyncConnection, now: datetime) -> None:
        """Write the entries of this transaction, if it left any trace."""
        entries = [*self._written(now), *self._acts, *self._for_others(now)]
        if entries:
            await append(connection, entries)
        elif self.watches:
            await append_if_written(connection, entry_by(self._subject, now, "wrote"))

    def _written(self, now: datetime) -> Iterator[Entry]:
        """One entry for each organisation that was written to; mostly there is one."""
        if not self._seen and not self._told:
            return
        own = self._subject.organisation_id
        touched = {each.organisation_id for each in self._seen}
        touched |= {each.organisation_id for each in self._told}
        tenants = {own} if own else {each for each in touched if each}
        if len(tenants) <= 1:
            yield self._entry(now, next(iter(tenants), None), self._seen, self._told)
            return
        for tenant in (*sorted(tenants), None):
            changes = [each for each in self._seen if each.organisation_id == tenant]
            told = [each for each in self._told if each.organisation_id == tenant]
            if changes or told:
                yield self._entry(now, tenant, changes, told)

    def _for_others(self, now: datetime) -> Iterator[Entry]:
        """One entry for each of those for whom this was done."""
        done: dict[By, list[Seen | _Told]] = {}
        for by, each in self._of_others:
            done.setdefault(by, []).append(each)
        for by, parts in done.items():
            if by.entry is None:
                continue
            rows = [each for each in parts if isinstance(each, Seen)]
            told = [each for each in parts if isinstance(each, _Told)]
            tenant = by.entry.organisation_id or parts[0].organisation_id
            plain = msgspec.structs.replace(by.entry, at=now)
            yield _filled(plain, tenant, rows, told)

    def _entry(
        self,
        now: datetime,
        organisation_id: UUID | None,
        rows: Sequence[Seen],
        told: Sequence[_Told],
    ) -> Entry:
        plain = entry_by(self._subject, now, "wrote")
        return _filled(plain, organisation_id, rows, told)


def _filled(
    plain: Entry, organisation_id: UUID | None, rows: Sequence[Seen], told: Sequence[_Told]
) -> Entry:
    """The entry with what was written and told; of very much it says how much there was."""
    changes, events = merged(rows), [each.event for each in told]
    more = Counter(f"{each.change.kind} {each.change.what}" for each in changes[MOST:])
    more.update(each.type for each in events[MOST:])
    persons = dict.fromkeys(each.person_id for each in changes[:MOST] if each.person_id)
    return msgspec.structs.replace(
        plain,
        organisation_id=organisation_id,
        persons=tuple(persons),
        changes=tuple(each.change for each in changes[:MOST]),
        events=tuple(events[:MOST]),
        detail={"and": dict(sorted(more.items()))} if more else {},
    )
