"""Begin to use an authenticator app: the secret that it will count with."""

from dataclasses import dataclass, field
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.totp import (
    Authenticator,
    new_secret,
    provisioning_uri,
    shown,
)
from gymhopper.contexts.identity.storage.factor_seal import FactorSeal
from gymhopper.contexts.identity.usecases.finish_sign_in import active_account
from gymhopper.kernel.errors import Conflict

ISSUER = "Gymhopper"


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpSetup:
    """What the person puts into the app; nobody is shown it again."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


async def set_up_totp(uow: UnitOfWork, account_id: UUID, *, holder: str) -> TotpSetup:
    """Make a secret, in place of one that was never confirmed. It counts once it is confirmed.

    `holder` is what the app calls the account. Raises Conflict when an app is in use already.
    """
    await active_account(uow, account_id)
    secret = new_secret()
    sealed = FactorSeal(uow.runtime.secrets).seal(account_id, secret)
    found = await uow.session.get(Authenticator, account_id, with_for_update=True)
    if found is None:
        uow.add(Authenticator(account_id=account_id, sealed=sealed, created_at=uow.now))
    elif found.confirmed_at is not None:
        raise Conflict("An app is in use already; remove it first.", code="totp_in_use")
    else:
        found.sealed, found.created_at, found.last_step = sealed, uow.now, 0
    return TotpSetup(
        secret=shown(secret), uri=provisioning_uri(secret, holder=holder, issuer=ISSUER)
    )
