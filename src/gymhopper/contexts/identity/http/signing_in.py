"""The answer to a sign-in, whichever way it came about."""

from datetime import datetime
from uuid import UUID

from fastapi import Response
from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.chassis.http.cookies import set_session
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.session import Method
from gymhopper.contexts.identity.http.device_cookie import set_device
from gymhopper.contexts.identity.usecases.finish_sign_in import SecondFactorNeeded
from gymhopper.contexts.identity.usecases.open_session import SignedIn, Tokens


class TokenPair(BaseModel):
    """What a program sends, and with what it gets the next pair."""

    access_token: str
    access_expires_at: AwareDatetime
    refresh_token: str
    refresh_expires_at: AwareDatetime


class OpenedSession(BaseModel):
    """A session that has begun."""

    id: UUID
    account_id: UUID
    expires_at: AwareDatetime


class SecondFactor(BaseModel):
    """The sign-in waits for one of these; `pending` stands for it until it expires."""

    pending: str
    methods: list[Method]
    expires_at: AwareDatetime


class SignInAnswer(BaseModel):
    """Either a session, with tokens when a program asked for it, or what is still to be shown."""

    session: OpenedSession | None = None
    tokens: TokenPair | None = None
    second_factor: SecondFactor | None = Field(
        default=None, description="Set when the account asks for another factor."
    )


def sign_in_answer(
    response: Response, runtime: Runtime, outcome: SignedIn | SecondFactorNeeded, now: datetime
) -> SignInAnswer:
    """The answer's body; a browser's cookie is put into the response."""
    response.headers["Cache-Control"] = "no-store"
    if isinstance(outcome, SecondFactorNeeded):
        return SignInAnswer(
            second_factor=SecondFactor(
                pending=outcome.token,
                methods=sorted(outcome.methods),
                expires_at=outcome.expires_at,
            )
        )
    secure = runtime.public_url.startswith("https://")
    set_device(response, runtime.secrets, outcome.device_id, secure=secure)
    if outcome.cookie is not None:
        set_session(
            response,
            outcome.cookie,
            secure=secure,
            max_age=int((outcome.expires_at - now).total_seconds()),
        )
    return SignInAnswer(
        session=OpenedSession(
            id=outcome.session_id, account_id=outcome.account_id, expires_at=outcome.expires_at
        ),
        tokens=None if outcome.tokens is None else token_pair(outcome.tokens),
    )


def token_pair(tokens: Tokens) -> TokenPair:
    """The tokens as a program gets them."""
    return TokenPair(
        access_token=tokens.access,
        access_expires_at=tokens.access_expires_at,
        refresh_token=tokens.refresh,
        refresh_expires_at=tokens.refresh_expires_at,
    )
