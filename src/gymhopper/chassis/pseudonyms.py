"""What a venue calls a member of another gym: an id that says nothing and differs per venue."""

import hmac
from hashlib import sha256
from uuid import UUID

from gymhopper.chassis.secrets import Secrets


def pseudonym(secrets: Secrets, organisation_id: UUID | None, person_id: UUID) -> UUID:
    """The person's id in the eyes of the organisation, always the same there.

    It is a keyed hash (HMAC-SHA-256, RFC 2104) in the form of an id (version 8, RFC 9562): two
    venues that compare theirs learn nothing.
    """
    key = secrets.lasting("pseudonyms")
    organisation = organisation_id.bytes if organisation_id is not None else b""
    digest = hmac.digest(key, organisation + person_id.bytes, sha256)
    number = int.from_bytes(digest[:16], "big")
    number = number & ~(0xF << 76) & ~(0x3 << 62) | 8 << 76 | 2 << 62
    return UUID(int=number)
