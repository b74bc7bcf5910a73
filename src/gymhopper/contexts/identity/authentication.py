"""Recognises callers by their tokens."""

from typing import Protocol

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.roles import GRANTED
from gymhopper.contexts.identity.memory import Recognised, memory
from gymhopper.contexts.identity.recognition.api_keys import ApiKeys
from gymhopper.contexts.identity.recognition.oidc_tokens import OidcTokens
from gymhopper.contexts.identity.recognition.sessions import AccessTokens, BrowserSessions
from gymhopper.contracts.identity.api import Caller, Role


class Recogniser(Protocol):
    """Knows one kind of token, which begins with `prefix`; an empty one takes all that is left."""

    prefix: str

    async def recognise(self, token: str) -> Recognised | None:
        """The caller whose live token this is, or None."""
        ...


class Authentication:
    """Keeps `IdentityApi`: the first recogniser whose kind of token it is answers.

    Tokens are looked up before it is known who calls, therefore as the platform itself. Live ones
    are remembered for a moment, failures are not.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._memory = memory(runtime)
        self._recognisers: tuple[Recogniser, ...] = (
            ApiKeys(runtime),
            BrowserSessions(runtime),
            AccessTokens(runtime),
            OidcTokens(runtime),
        )

    async def authenticate(self, *, token: str) -> Caller | None:
        """The caller whose live token this is, or None."""
        known = self._memory.find(token)
        if known is not None:
            return known
        for each in self._recognisers:
            if token.startswith(each.prefix):
                found = await each.recognise(token)
                if found is None:
                    return None
                self._memory.keep(token, found)
                return found.caller
        return None

    async def roles(self) -> tuple[Role, ...]:
        """All roles that may be granted."""
        return tuple(
            Role(name=each.name, scopes=tuple(sorted(each.scopes)), organisation_kind=each.at)
            for each in GRANTED.values()
        )
