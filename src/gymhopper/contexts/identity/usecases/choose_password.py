"""Accept a new password, and hash it."""

from collections.abc import Iterable

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.password_rules import WeakPassword, require_strong
from gymhopper.contexts.identity.gateways.breached_passwords import is_breached
from gymhopper.contexts.identity.gateways.common_passwords import common_passwords
from gymhopper.contexts.identity.gateways.hashing import passwords
from gymhopper.contexts.identity.settings import identity_settings


async def choose_password(runtime: Runtime, password: str, *, about: Iterable[str]) -> str:
    """The hash of a password that is good enough; WeakPassword when it is not.

    Outside any transaction: it takes its time, and may ask a service (see the settings).
    """
    require_strong(password, common=common_passwords(), about=list(about))
    service = identity_settings(runtime).breached_passwords_url
    if service is not None and await is_breached(service, password):
        raise WeakPassword("This password was in a breach of some site: everybody can know it.")
    return await passwords(runtime).hash(password)
