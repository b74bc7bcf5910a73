"""How many wrong codes are borne.

Whoever tries codes has the password already. A code has six digits of which three are good at a
time, so a stranger who never rests gets a chance of one in a thousand a day.
"""

from datetime import timedelta
from uuid import UUID

from gymhopper.contexts.identity.domain.attempts import Limit, Tried

CODES_OF_DEVICE = Limit(name="codes of device", most=10, leak=timedelta(minutes=2))
"""Of one device at an account that it has signed in to before: nobody else can fill it."""

CODES_OF_NETWORK = Limit(name="codes of network", most=5, leak=timedelta(minutes=3))
CODES_OF_STRANGERS = Limit(name="codes of strangers", most=30, leak=timedelta(minutes=5))
"""Of all devices together that the account does not know."""

PROOFS_IN_SESSION = Limit(name="proofs in session", most=5, leak=timedelta(minutes=3))
"""Of one session, so that whoever holds a stolen one fills no other."""


def code_tries(account_id: UUID, network: str, known_device: UUID | None) -> list[Tried]:
    """What a wrong code for the account counts against."""
    if known_device is not None:
        return [Tried(CODES_OF_DEVICE, f"{known_device} {account_id}")]
    return [
        Tried(CODES_OF_NETWORK, f"{network} {account_id}"),
        Tried(CODES_OF_STRANGERS, str(account_id)),
    ]


def proof_tries(session_id: UUID) -> list[Tried]:
    """What a wrong proof in the session counts against."""
    return [Tried(PROOFS_IN_SESSION, str(session_id))]
