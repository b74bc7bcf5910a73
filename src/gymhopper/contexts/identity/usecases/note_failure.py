"""Have the audit log say that a sign-in failed: how it was tried and why not, not who tried."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

from gymhopper.chassis.audit.acts import Act
from gymhopper.chassis.auth import ANONYMOUS
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.session import Method
from gymhopper.contexts.identity.usecases.sign_in_with_oidc import AddItYourself
from gymhopper.kernel.errors import NotFound, Unauthenticated

Tried = Method | Literal["second_factor", "invitation"]
"""How somebody tried to show who they are. A wrong code is the app's as well as the paper's."""


@asynccontextmanager
async def failures_noted(runtime: Runtime, method: Tried) -> AsyncIterator[None]:
    """What is refused in this block leaves an entry. Around units of work, which are rolled back.

    Bad input and too many tries leave none: nothing was compared.
    """
    try:
        yield
    except (Unauthenticated, NotFound, AddItYourself) as error:
        await runtime.note_act(ANONYMOUS, failed(method, error.code))
        raise


def failed(method: Tried, reason: str, account_id: UUID | None = None) -> Act:
    """The entry; about the account, where it is known whose this would have been."""
    return Act(
        action="sign_in_failed",
        actor=ANONYMOUS.actor,
        about=() if account_id is None else (("identity.account", account_id),),
        detail={"method": method, "reason": reason},
    )
