"""Say to whom the documents of a billing account are made out."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.payer import Addressee, BillTo
from gymhopper.contexts.billing.storage.document_tables import bill_to
from gymhopper.contexts.billing.storage.sealed import open_addressee, seal_addressee
from gymhopper.contexts.billing.storage.tables import billing_account
from gymhopper.kernel.errors import NotFound

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('bill to ' || :account, 0))")


@dataclass(frozen=True, slots=True)
class _Unset:
    """An account of which nothing is known yet."""

    version: int = 0


async def make_out(
    uow: UnitOfWork, billing_account_id: UUID, addressee: Addressee, expected: Expected = ANY
) -> BillTo:
    """From the next document on; what was issued stays. Raises NotFound, VersionMismatch."""
    account = (
        await uow.connection.execute(
            select(billing_account.c.organisation_id, billing_account.c.person_id).where(
                billing_account.c.id == billing_account_id
            )
        )
    ).one_or_none()
    if account is None:
        raise NotFound("There is no billing account with this id.")
    known = await _held(uow, billing_account_id)
    expected.require(known or _Unset())
    return _keep(
        uow, billing_account_id, known, addressee, account.organisation_id, account.person_id
    )


async def make_out_by_default(
    uow: UnitOfWork, *, organisation_id: UUID, person_id: UUID, addressee: Addressee
) -> None:
    """What membership knows of a person, for those of their accounts for which nobody said more."""
    accounts = await uow.connection.execute(
        select(billing_account.c.id)
        .where(
            billing_account.c.organisation_id == organisation_id,
            billing_account.c.person_id == person_id,
        )
        .order_by(billing_account.c.id)
    )
    for account_id in accounts.scalars().all():
        known = await _held(uow, account_id)
        if known is None or not known.given:
            _keep(uow, account_id, known, addressee, organisation_id, person_id, given=False)


async def _held(uow: UnitOfWork, account_id: UUID) -> BillTo | None:
    await uow.connection.execute(_ONE_AT_A_TIME, {"account": str(account_id)})
    return await uow.session.scalar(select(BillTo).where(bill_to.c.id == account_id))


def _keep(
    uow: UnitOfWork,
    account_id: UUID,
    known: BillTo | None,
    addressee: Addressee,
    organisation_id: UUID,
    person_id: UUID | None,
    *,
    given: bool = True,
) -> BillTo:
    secrets = uow.runtime.secrets
    if known is not None:
        same = open_addressee(secrets, account_id, known.content) == addressee
        if same and known.given == given:
            return known
    else:
        known = BillTo(
            id=account_id,
            organisation_id=organisation_id,
            person_id=person_id,
            given=given,
            content=b"",
        )
        uow.add(known)
    known.given = given
    known.content = seal_addressee(secrets, account_id, addressee)
    known.version += 1
    return known
