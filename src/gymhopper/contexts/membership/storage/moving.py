"""Rows that follow a member who was merged into another."""

from sqlalchemy import Table, select, update

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.member import Member
from gymhopper.contexts.membership.storage import (
    guest_tables,
    people_tables,
    promo_tables,
    sponsor_tables,
    tables,
)

MOVED: dict[str, Table] = {
    "memberships": tables.membership,
    "notes": people_tables.note,
    "guest_passes": guest_tables.guest_pass,
    "sponsored": sponsor_tables.sponsored,
    "redemptions": promo_tables.promo_redemption,
}
"""What names a member, by what answers call it. Overlays follow their memberships."""


async def move_rows(uow: UnitOfWork, survivor: Member, duplicate: Member) -> None:
    """Make the duplicate's rows the survivor's, and tell the audit log of each."""
    await _note_repeated(uow, survivor, duplicate)
    for table in MOVED.values():
        values = {"member_id": survivor.id, "version": table.c.version + 1}
        if "person_id" in table.c:
            values["person_id"] = survivor.person_id
        moved = await uow.connection.execute(
            update(table)
            .where(table.c.member_id == duplicate.id)
            .values(values)
            .returning(table.c.id)
        )
        for key in moved.scalars():
            uow.note(
                str(table),
                key,
                before={"member_id": duplicate.id},
                after={"member_id": survivor.id},
                organisation_id=survivor.organisation_id,
                person_id=survivor.person_id,
            )
    overlay, membership = tables.overlay, tables.membership.c
    await uow.connection.execute(
        update(overlay)
        .where(overlay.c.membership_id == membership.id, membership.member_id == survivor.id)
        .values(person_id=survivor.person_id)
    )


async def _note_repeated(uow: UnitOfWork, survivor: Member, duplicate: Member) -> None:
    """Codes that both redeemed: one person has them twice from now on, and redeems them no more."""
    had = promo_tables.promo_redemption
    codes = select(had.c.promo_code_id).where(
        had.c.person_id == survivor.person_id, had.c.returned_at.is_(None)
    )
    await uow.connection.execute(
        update(had)
        .where(had.c.member_id == duplicate.id, had.c.promo_code_id.in_(codes))
        .values(repeated=True)
    )
