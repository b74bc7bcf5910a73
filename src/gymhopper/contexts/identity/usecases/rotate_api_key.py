"""Give a key a new token while the old one goes on for a while."""

from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.api_key import ApiKey
from gymhopper.contexts.identity.domain.token import Token
from gymhopper.contexts.identity.queries.api_keys import ApiKeyView
from gymhopper.contexts.identity.usecases.create_api_key import CreatedApiKey
from gymhopper.kernel.errors import NotFound


async def rotate_api_key(uow: UnitOfWork, key_id: UUID, overlap: timedelta) -> CreatedApiKey:
    """Make the new token; the key keeps its id, scopes and end.

    Raises NotFound when the caller sees no key of this id, Conflict when it has ended, and
    Forbidden for a scope that the caller does not hold: whoever gets the token gets the scopes.
    """
    key = await uow.session.get(ApiKey, key_id, with_for_update=True, populate_existing=True)
    if key is None:
        raise NotFound("There is no API key with this id.")
    for scope in key.scopes:
        uow.subject.require(scope)
    token = Token.new()
    key.rotate(token, uow.now, overlap)
    return CreatedApiKey(ApiKeyView.of(key), token.reveal())
