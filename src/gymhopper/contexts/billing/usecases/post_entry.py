"""Write an entry into the ledger, once for each thing that causes one."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.errors import EntryDiffers
from gymhopper.contexts.billing.domain.ledger import Account, Books, Entry, Posting
from gymhopper.contexts.billing.storage import ledger
from gymhopper.kernel.ids import new_id


async def post(uow: UnitOfWork, entry: Entry) -> bool:
    """Keep the entry; False when it is known already, or moves nothing.

    Raises EntryDiffers when the same cause was booked otherwise. The instant is not compared:
    whoever repeats what happened may have learned of it later, and the first word stands.
    """
    if not entry.postings:
        return False
    entry_id = await _insert(uow, entry)
    if entry_id is None:
        await _compare(uow, entry)
        return False
    accounts = await _accounts(uow, entry.books, [each.account for each in entry.postings])
    await uow.connection.execute(
        insert(ledger.posting),
        [
            {
                "entry_id": entry_id,
                "line": line,
                "account_id": accounts[each.account],
                "organisation_id": entry.books.organisation_id,
                "happened_at": entry.at,
                "amount": each.amount,
            }
            for line, each in enumerate(entry.postings, 1)
        ],
    )
    uow.note(
        "billing.ledger_entry",
        entry_id,
        after={"kind": entry.kind, "cause": entry.cause, "currency": entry.books.currency},
        organisation_id=entry.books.organisation_id,
    )
    return True


async def _insert(uow: UnitOfWork, entry: Entry) -> UUID | None:
    """The new entry's id; None when this cause has one."""
    statement = (
        upsert(ledger.entry)
        .values(
            id=new_id(),
            organisation_id=entry.books.organisation_id,
            legal_entity_id=entry.books.legal_entity_id,
            currency=entry.books.currency,
            kind=entry.kind,
            cause=entry.cause,
            claim_id=entry.claim_id,
            billing_account_id=entry.billing_account_id,
            happened_at=entry.at,
            recorded_at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=["cause", "kind"])
        .returning(ledger.entry.c.id)
    )
    made: UUID | None = (await uow.connection.execute(statement)).scalar()
    return made


async def _accounts(
    uow: UnitOfWork, books: Books, wanted: Iterable[Account]
) -> dict[Account, UUID]:
    """The accounts' ids; those that are missing are opened."""
    missing = set(wanted)
    found = await _known(uow, books, missing)
    missing -= found.keys()
    if missing:
        await uow.connection.execute(
            upsert(ledger.account).on_conflict_do_nothing(),
            [
                {
                    "id": new_id(),
                    "organisation_id": books.organisation_id,
                    "legal_entity_id": books.legal_entity_id,
                    "currency": books.currency,
                    "kind": each.kind,
                    "of": each.of,
                }
                # In one order: two that open the same ones never wait for each other in turn.
                for each in sorted(missing)
            ],
        )
        found |= await _known(uow, books, missing)
    return found


async def _known(uow: UnitOfWork, books: Books, wanted: Iterable[Account]) -> dict[Account, UUID]:
    table = ledger.account
    several = list(wanted)
    rows = await uow.connection.execute(
        select(table.c.id, table.c.kind, table.c.of).where(
            table.c.organisation_id == books.organisation_id,
            table.c.legal_entity_id == books.legal_entity_id,
            table.c.currency == books.currency,
            table.c.kind.in_({each.kind for each in several}),
            table.c.of.in_({each.of for each in several}),
        )
    )
    return {Account(row.kind, row.of): row.id for row in rows}


async def _compare(uow: UnitOfWork, entry: Entry) -> None:
    """Raise EntryDiffers unless what is kept says the same."""
    table, posting, account = ledger.entry, ledger.posting, ledger.account
    kept = (
        await uow.connection.execute(
            select(table).where(table.c.cause == entry.cause, table.c.kind == entry.kind)
        )
    ).one_or_none()
    if kept is not None:
        rows = await uow.connection.execute(
            select(account.c.kind, account.c.of, posting.c.amount)
            .join_from(posting, account, posting.c.account_id == account.c.id)
            .where(posting.c.entry_id == kept.id)
        )
        same = (
            Books(
                organisation_id=kept.organisation_id,
                legal_entity_id=kept.legal_entity_id,
                currency=kept.currency,
            )
            == entry.books
            and (kept.claim_id, kept.billing_account_id)
            == (entry.claim_id, entry.billing_account_id)
            and {Posting(Account(row.kind, row.of), row.amount) for row in rows}
            == set(entry.postings)
        )
        if same:
            return
    raise EntryDiffers(f"The ledger knows another {entry.kind} of the same cause.")
