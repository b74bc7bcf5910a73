"""Recognises access tokens of OpenID Connect providers."""

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import structs

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.roles import MEMBER
from gymhopper.contexts.identity.gateways.oidc import oidc_providers
from gymhopper.contexts.identity.memory import Recognised
from gymhopper.contexts.identity.queries.acting import HeldPerson, persons_of
from gymhopper.contexts.identity.queries.oidc_subjects import linked_account
from gymhopper.contracts.identity.api import Caller


class OidcTokens:
    """Whatever is none of our own tokens: a JWT, if we trust who signed it."""

    prefix = ""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def recognise(self, token: str) -> Recognised | None:
        """The person who signed in with this subject before, or else a service of the organisation
        that the token may act for."""
        now = self._runtime.clock.now()
        found = await oidc_providers(self._runtime).bearer(token, now)
        if found is None:
            return None
        async with self._runtime.read(SERVICE) as connection:
            account = await linked_account(connection, found.issuer, found.subject)
            persons = await persons_of(connection, account.account_id) if account else []
        # A token may say that it lasts for longer than a clock can show.
        until = datetime.fromtimestamp(
            min(found.expires_at, (now + timedelta(days=1)).timestamp()), UTC
        )
        if account is not None:
            if not account.active:
                return None
            return Recognised(_member(account.account_id, persons, found.scopes), until)
        if found.organisation_id is None:
            return None
        caller = Caller(
            kind="service",
            id=uuid5(NAMESPACE_URL, f"{found.issuer} {found.subject}"),
            organisation_id=found.organisation_id,
            scopes=found.scopes,
        )
        return Recognised(caller, until)


def _member(account_id: UUID, persons: list[HeldPerson], granted: tuple[str, ...]) -> Caller:
    """A token has no session that could be told for whom it acts: it is for the one person whom the
    account may act for, or for nobody; and it may do what a member may, as far as it says so."""
    nobody = Caller(kind="member", id=account_id, organisation_id=None, scopes=())
    if len(persons) != 1:
        return nobody
    token = AuthSubject(kind="member", scopes=frozenset(granted))
    return structs.replace(
        nobody,
        person_id=persons[0].person_id,
        within=persons[0].within,
        scopes=tuple(sorted(each for each in MEMBER.scopes if token.may(each))),
    )
