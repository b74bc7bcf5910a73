"""Entries before they are written: who acts here and now, and what they did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from gymhopper.chassis.audit.entry import Change, Entry, What
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.origin import origin
from gymhopper.kernel.ids import new_id

CONSOLE = "console"
"""The actor of what is done by a command, on the machine itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something done that changes no row worth telling, or is done in the platform's name.

    `action` is a word such as `signed_in`, `sign_in_failed`, `imported`. `actor` is who did it
    where that is not the subject, such as `member:0191...` at a sign-in; `about` are the things, by
    table and id; `operation` is named where no route or command has. Nothing in `detail` is
    personal or secret.
    """

    action: str
    actor: str | None = None
    operation: str | None = None
    organisation_id: UUID | None = None
    person_id: UUID | None = None
    about: Sequence[tuple[str, UUID]] = ()
    what: What = "noted"
    detail: Mapping[str, object] = field(default_factory=dict)


def is_audited(subject: AuthSubject) -> bool:
    """Whether what the subject does is kept: people and their programs, not the platform itself.

    Doors and devices have a journal of their own.
    """
    return subject.impersonator is not None or (
        subject.id is not None and subject.kind in {"staff", "partner", "service", "member"}
    )


def entry_by(subject: AuthSubject, now: datetime, action: str) -> Entry:
    """An entry of the subject's, made here and now, about nothing yet."""
    here = origin()
    supported = subject.impersonator is not None
    return Entry(
        id=new_id(),
        at=now,
        organisation_id=subject.organisation_id,
        actor=subject.actor,
        on_behalf_of=f"{subject.kind}:{subject.id or subject.person_id}" if supported else None,
        role=subject.role,
        assignment_id=subject.assignment_id,
        session_id=subject.session_id,
        action=action,
        operation=here.operation,
        method=here.method,
        path=here.template,
        address=here.address,
        user_agent=here.user_agent,
        correlation_id=correlation_id(),
    )


def entry_of(act: Act, subject: AuthSubject, now: datetime) -> Entry:
    """The entry that says that the subject did it now."""
    plain = entry_by(subject, now, act.action)
    return msgspec.structs.replace(
        plain,
        actor=act.actor or plain.actor,
        operation=act.operation or plain.operation,
        organisation_id=act.organisation_id or plain.organisation_id,
        persons=() if act.person_id is None else (act.person_id,),
        changes=tuple(Change(kind=kind, id=key, what=act.what) for kind, key in act.about),
        detail=dict(act.detail),
    )
