"""What a contract's changes mean for its collection; the provider is told by a job."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.give_time_back import give_frozen_back
from gymhopper.kernel.period import Period

FREEZE_TURNS = "billing.freeze_turns"
"""The timer that rings when a freeze begins or ends; its key is the id of the dues."""


async def defer_alignment(uow: UnitOfWork, dues_id: UUID, *, failures: int = 0) -> None:
    """Have the provider brought in line after the commit, one job of the dues at a time."""
    await uow.defer(
        "billing.align_collection",
        lock=f"billing.align_collection:{dues_id}",
        dues_id=str(dues_id),
        failures=failures,
    )


async def contract_ends(uow: UnitOfWork, membership_id: UUID, until: datetime | None) -> None:
    """Collection is to stop at `until`, or to go on when None."""
    dues = await dues_of_membership(uow, membership_id)
    # Stripe counts whole seconds.
    until = until.replace(microsecond=0) if until is not None else None
    if dues is not None and dues.collect_until != until:
        dues.collect_until = until
        await defer_alignment(uow, dues.id)


async def contract_expires(uow: UnitOfWork, membership_id: UUID, at: datetime | None) -> None:
    """A contract that was sold for a time is over then by its own terms; None: that is open."""
    dues = await dues_of_membership(uow, membership_id)
    if dues is not None and dues.terms.periods and not dues.terms.single and dues.expires_at != at:
        dues.expires_at = at
        await defer_alignment(uow, dues.id)


async def contract_ended(uow: UnitOfWork, membership_id: UUID) -> None:
    """Nothing is to be collected any more."""
    dues = await dues_of_membership(uow, membership_id)
    if dues is not None and not dues.contract_ended:
        dues.contract_ended = True
        await give_frozen_back(uow, dues)
        await uow.unschedule(FREEZE_TURNS, str(dues.id))
        await defer_alignment(uow, dues.id)


async def contract_frozen(uow: UnitOfWork, membership_id: UUID, frozen: Sequence[Period]) -> None:
    """Collection rests during these stretches, and only these."""
    dues = await dues_of_membership(uow, membership_id)
    if dues is not None and dues.rest(frozen, uow.now):
        await give_frozen_back(uow, dues)
        await defer_alignment(uow, dues.id)
        await set_freeze_timer(uow, dues)


async def freeze_turned(uow: UnitOfWork, dues_id: UUID) -> None:
    """A freeze begins or ends now."""
    dues = await uow.get(Dues, dues_id)
    await give_frozen_back(uow, dues)
    await defer_alignment(uow, dues.id)
    await set_freeze_timer(uow, dues)


async def set_freeze_timer(uow: UnitOfWork, dues: Dues) -> None:
    """Ring at the next turn; a timer without one is taken back."""
    turn = dues.next_turn(uow.now)
    if turn is None:
        await uow.unschedule(FREEZE_TURNS, str(dues.id))
    else:
        await uow.schedule(FREEZE_TURNS, str(dues.id), turn)


async def dues_of_person(uow: UnitOfWork, person_id: UUID, organisation_id: UUID) -> Dues | None:
    """What the person was asked for last at the organisation, locked; None without any."""
    of = tables.dues.c
    asked = (
        select(of.id)
        .where(of.organisation_id == organisation_id, of.person_id == person_id)
        .where(of.kind == "membership")
        .order_by(of.contract_ended, of.id.desc())
        .limit(1)
    )
    found = (await uow.connection.execute(asked)).scalar()
    return None if found is None else await uow.get(Dues, found)


async def dues_of_membership(uow: UnitOfWork, membership_id: UUID) -> Dues | None:
    """The membership's dues, locked; None when it was never paid for here."""
    found = (
        await uow.connection.execute(
            select(tables.dues.c.id).where(tables.dues.c.membership_id == membership_id)
        )
    ).scalar()
    return None if found is None else await uow.get(Dues, found)
