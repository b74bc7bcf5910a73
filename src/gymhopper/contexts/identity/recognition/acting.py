"""For whom a session acts now."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from gymhopper.chassis.database import Asks
from gymhopper.contexts.identity.domain.acting import NOBODY, ActingFor
from gymhopper.contexts.identity.domain.roles import GRANTED, MEMBER, read_only, scopes_of
from gymhopper.contexts.identity.queries.acting import Chosen, Eyes, HeldAssignment, chosen
from gymhopper.contexts.identity.queries.sessions import HeldSession


async def acting(
    connection: Asks, sessions: Sequence[HeldSession], now: datetime
) -> dict[UUID, ActingFor]:
    """What each session's caller is besides its account, by the session's id; NOBODY when it acts
    for nobody.

    An assignment acts only while it is in force and belongs to the account, whatever the session
    was told.
    """
    told = await chosen(connection, {each.id: each.account_id for each in sessions})
    return {each.id: _acting(told.get(each.id), each, now) for each in sessions}


def _acting(told: Chosen | None, session: HeldSession, now: datetime) -> ActingFor:
    if told is None:
        return NOBODY
    if told.person_id is not None:
        return ActingFor(
            kind="member",
            person_id=told.person_id,
            within=told.within,
            scopes=tuple(sorted(MEMBER.scopes)),
        )
    held = told.assignment
    if held is None or not held.in_force(now) or held.role not in GRANTED:
        return NOBODY
    if told.eyes is not None and now < told.eyes.until_at:
        return _through(told.eyes, held, session)
    role = GRANTED[held.role]
    return ActingFor(
        kind=role.kind,
        organisation_id=held.organisation_id,
        scopes=tuple(sorted(scopes_of(role, limited=held.legal_entity_id is not None))),
        assignment_id=held.id,
        role=held.role,
        legal_entity_id=held.legal_entity_id,
        location_id=held.location_id,
        until=held.until_at,
    )


def _through(eyes: Eyes, held: HeldAssignment, session: HeldSession) -> ActingFor:
    """The supporter as the member, who only looks; no longer than the supporter's own role."""
    return ActingFor(
        kind="member",
        person_id=eyes.person_id,
        scopes=tuple(sorted(read_only(MEMBER.scopes))),
        assignment_id=held.id,
        role=held.role,
        impersonator=session.account_id,
        within=(held.organisation_id,),
        until=min(eyes.until_at, held.until_at or eyes.until_at),
    )
