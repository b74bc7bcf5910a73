"""On whose behalf identity itself works. Accounts belong to no organisation."""

from dataclasses import replace
from uuid import UUID

from gymhopper.chassis.auth import AuthSubject

SOMEBODY = AuthSubject(kind="anonymous", everywhere=True)
"""Somebody who has yet to show who they are, and may only do what asks for no more."""


def account_subject(account_id: UUID) -> AuthSubject:
    """Somebody who has just proved to hold the account."""
    return AuthSubject(kind="member", id=account_id, everywhere=True)


def own_account(caller: AuthSubject) -> AuthSubject:
    """The signed-in caller, who sees to the own account: the wall between organisations does not
    stand around accounts, so what it may touch is said by the use case, by account id."""
    return replace(caller, everywhere=True)


def account_of(caller: AuthSubject) -> UUID:
    """The account of a caller who signed in."""
    assert caller.id is not None  # noqa: S101 - every session has an account
    return caller.id
