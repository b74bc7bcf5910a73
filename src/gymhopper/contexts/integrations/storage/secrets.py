"""Sealing of the secrets that deliveries are signed with."""

from uuid import UUID

from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.sealed_tables import sealed_table
from gymhopper.chassis.sealing import Sealer

_PURPOSE = "integrations.webhook"


def seal_secret(runtime: Runtime, endpoint_id: UUID, secret: bytes) -> bytes:
    """What is stored; it opens for this endpoint only."""
    return Sealer(runtime.secrets, _PURPOSE).seal(secret, bound_to=endpoint_id.bytes)


def open_secret(runtime: Runtime, endpoint_id: UUID, sealed: bytes) -> bytes:
    """The secret behind what was stored."""
    return Sealer(runtime.secrets, _PURPOSE).open(sealed, bound_to=endpoint_id.bytes)


SEALED = [sealed_table("integrations.endpoint", "secret", "previous_secret", purpose=_PURPOSE)]
