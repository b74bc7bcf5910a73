"""What a gate writes down about every answer and every passage."""

from typing import Literal

import msgspec

from gymhopper.contexts.access.domain.records import Id, Instant, Record
from gymhopper.contexts.access.domain.usage import Spending


class JournalEntry(Record, frozen=True, array_like=True, gc=False):
    """One fact of a door. New fields go to the end and have a default.

    `decision` entries are answers. `counted` tells a visit that was counted at once, `held_until`
    one that waits for its `passage` entry; an allow with neither belongs to a visit that was
    counted before, or goes out. `repeats` is the id of the decision that a debounced scan was
    answered with again. `considered` are pairs of grant and code. `versions` are those of door,
    credential and person, 8 bytes each, zeros for what the cell did not hold. A presented value is
    never in it: a credential that is not known appears as `credential_hint`, four bytes of its
    keyed hash.

    `passage` entries say what came of a decision: `code` is PASSED or NOT_PASSED, and `counted`
    whether this report counted the visit.
    """

    kind: Literal["decision", "passage"]
    decision_id: Id
    at: Instant
    device_id: Id
    door_id: Id
    location_id: Id
    host_organisation_id: Id
    outcome: Literal["allow", "deny", "refer"]
    code: str
    notices: tuple[str, ...] = ()
    request_id: str | None = None
    correlation_id: str | None = None
    person_id: Id | None = None
    credential_id: Id | None = None
    credential_kind: str | None = None
    credential_hint: bytes | None = None
    home_organisation_id: Id | None = None
    membership_id: Id | None = None
    grant_id: Id | None = None
    policy: bytes | None = None
    visit_id: Id | None = None
    spending: Spending | None = None
    counted: bool = False
    held_until: Instant | None = None
    repeats: Id | None = None
    considered: tuple[tuple[Id, str], ...] = ()
    versions: bytes | None = None


encode_entry = msgspec.msgpack.Encoder().encode
decode_entry = msgspec.msgpack.Decoder(JournalEntry).decode
