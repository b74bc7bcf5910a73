"""Asks a range service whether a password is known from a breach, without telling it which.

The service gets the first five digits of the SHA-1 and answers with the rest of every hash that
begins so (k-anonymity, as the Pwned Passwords API has it).
"""

import hashlib

import httpx

from gymhopper.chassis.logging import get_logger

log = get_logger(__name__)

_TIMEOUT = 2.0


async def is_breached(url: str, password: str) -> bool:
    """Whether the service at `url` (`.../range`) knows it; False, with a line in the log, when it
    does not answer: signing up must not depend on somebody else's service."""
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
            answer = await client.get(
                f"{url.rstrip('/')}/{digest[:5]}", headers={"Add-Padding": "true"}
            )
            answer.raise_for_status()
    except httpx.HTTPError as error:
        log.warning("breached_passwords_unavailable", why=type(error).__name__)
        return False
    for line in answer.text.splitlines():
        rest, _, count = line.partition(":")
        # A count of 0 is padding, which hides from the network how long the answer is.
        if rest.strip().upper() == digest[5:] and count.strip() != "0":
            return True
    return False
