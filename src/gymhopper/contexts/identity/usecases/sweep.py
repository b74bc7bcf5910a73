"""Take away what has expired."""

from datetime import timedelta

from sqlalchemy import text

from gymhopper.chassis.unit_of_work import UnitOfWork

_KEPT = {
    "email_link": ("expires_at", timedelta(days=1)),
    "mail": ("created_at", timedelta(days=2)),
    "pending_sign_in": ("expires_at", timedelta(days=1)),
    "attempt": ("at", timedelta(days=1)),
    "session": ("expires_at", timedelta(days=30)),
    "token_grant": ("refresh_expires_at", timedelta(days=1)),
    "known_device": ("last_seen_at", timedelta(days=730)),
}
"""For how long rows are kept after an instant of theirs: long enough to answer questions."""


async def sweep(uow: UnitOfWork) -> None:
    """Delete old rows. No bucket of tries is as deep as a day, so none is emptied early."""
    for table, (column, kept) in _KEPT.items():
        await uow.connection.execute(
            text(f"DELETE FROM identity.{table} WHERE {column} < :before"),  # noqa: S608 - the names are above
            {"before": uow.now - kept},
        )
