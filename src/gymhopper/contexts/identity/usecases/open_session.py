"""Begin a session and hand out what proves it, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gymhopper.chassis.audit.acts import Act
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.account import Account
from gymhopper.contexts.identity.domain.opaque_token import (
    ACCESS,
    REFRESH,
    SESSION,
    OpaqueToken,
)
from gymhopper.contexts.identity.domain.session import Device, Session
from gymhopper.contexts.identity.domain.token_grant import TokenGrant
from gymhopper.contexts.identity.settings import IdentitySettings, identity_settings
from gymhopper.contexts.identity.usecases.know_device import know_device
from gymhopper.contexts.identity.usecases.switch_acting import begin_acting
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a program sends (`access`) and with what it gets the next pair (`refresh`)."""

    access: str = field(repr=False)
    access_expires_at: datetime
    refresh: str = field(repr=False)
    refresh_expires_at: datetime

    @classmethod
    def of(cls, grant: TokenGrant, access: OpaqueToken, refresh: OpaqueToken) -> Tokens:
        """What the grant's holder is shown."""
        return cls(
            access=access.reveal(),
            access_expires_at=grant.access_expires_at,
            refresh=refresh.reveal(),
            refresh_expires_at=grant.refresh_expires_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session: of a browser, with its `cookie`, or of a program, with its `tokens`.

    By `device_id` the device will be known when it signs in again.
    """

    session_id: UUID
    account_id: UUID
    expires_at: datetime
    device_id: UUID
    cookie: str | None = field(default=None, repr=False)
    tokens: Tokens | None = None


async def open_session(
    uow: UnitOfWork, account: Account, *, methods: tuple[str, ...], device: Device
) -> SignedIn:
    """Begin a session of the account, whose row is held."""
    settings = identity_settings(uow.runtime)
    session_id = new_id()
    cookie = OpaqueToken.new(SESSION, session_id) if device.client == "browser" else None
    session = Session(
        id=session_id,
        account_id=account.id,
        client=device.client,
        hash=cookie.hash() if cookie else None,
        methods=methods,
        device_name=device.name,
        address=device.address,
        created_at=uow.now,
        last_seen_at=uow.now,
        expires_at=uow.now + settings.session_lifetime,
    )
    uow.add(session)
    await uow.flush()
    uow.note_act(
        Act(
            action="signed_in",
            actor=f"member:{account.id}",
            about=(("identity.account", account.id), ("identity.session", session_id)),
            detail={"methods": methods},
        )
    )
    await begin_acting(
        uow,
        session_id=session_id,
        account_id=account.id,
        administrator=account.administrator,
    )
    return SignedIn(
        session_id=session_id,
        device_id=await know_device(uow, account.id, device.id),
        account_id=account.id,
        expires_at=session.expires_at,
        cookie=cookie.reveal() if cookie else None,
        tokens=None if cookie else _first_tokens(uow, session),
    )


def _first_tokens(uow: UnitOfWork, session: Session) -> Tokens:
    grant_id = new_id()
    access = OpaqueToken.new(ACCESS, grant_id)
    refresh = OpaqueToken.new(REFRESH, grant_id)
    grant = new_grant(session, access, refresh, uow.now, identity_settings(uow.runtime))
    uow.add(grant)
    return Tokens.of(grant, access, refresh)


def new_grant(
    session: Session,
    access: OpaqueToken,
    refresh: OpaqueToken,
    now: datetime,
    settings: IdentitySettings,
) -> TokenGrant:
    """A pair of tokens for the session; neither outlives it."""
    return TokenGrant(
        id=access.id,
        session_id=session.id,
        access_hash=access.hash(),
        access_expires_at=min(now + settings.access_token_lifetime, session.expires_at),
        refresh_hash=refresh.hash(),
        refresh_expires_at=min(now + settings.refresh_token_lifetime, session.expires_at),
        created_at=now,
    )
