"""The way in: the first key of an installation cannot be made with a key."""

from gymhopper.chassis.audit.acts import CONSOLE, Act
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.usecases.create_api_key import CreateApiKey, create_api_key


async def create_administrator(runtime: Runtime, name: str) -> str:
    """Make a key that acts for all organisations with every scope; returns its token.

    Only for whoever holds the machine: there is no route to it.
    """
    async with runtime.begin(SERVICE) as uow:
        created = await create_api_key(
            uow, CreateApiKey(organisation_id=None, name=name, kind="staff", scopes=("*",))
        )
        uow.note_act(
            Act(
                action="made_administrator",
                actor=CONSOLE,
                operation="admin create",
                about=(("identity.api_key", created.key.id),),
            )
        )
    return created.token
