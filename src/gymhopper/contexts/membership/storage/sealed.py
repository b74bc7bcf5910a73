"""What membership keeps sealed."""

from collections.abc import Mapping

from gymhopper.chassis.sealed_tables import Row, SealedTable, sealed_table
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.person import SealedContact
from gymhopper.contexts.membership.storage.leaving_link import PURPOSE as LEAVING
from gymhopper.contexts.membership.storage.roster_seal import PURPOSE as ROSTER
from gymhopper.contexts.membership.storage.sealing import PURPOSE, ContactSeal, bound_to

_INDEXES = ("email_index", "phone_index", "birth_date_index")
_KEY = "SELECT k.wrapped FROM membership.person_key AS k WHERE k.person_id = t.id AND k.class = "


def _reindexed(secrets: Secrets, row: Row) -> Mapping[str, bytes | None]:
    """An index is made anew from what it is about; it cannot be turned into another."""
    seal = ContactSeal(secrets)
    wrapped = {"contact": row["contact_key"], "identity": row["identity_key"]}
    sealed = SealedContact(
        contact=row["contact"],
        identity=row["identity"],
        keys={kind: key for kind, key in wrapped.items() if key is not None},  # type: ignore[misc]  # a literal's type is lost in a comprehension
        **{each: row[each] for each in _INDEXES},
    )
    return seal.indexes(seal.open(row["id"], sealed))


SEALED = [
    sealed_table(
        "membership.person_key",
        "wrapped",
        purpose=PURPOSE,
        key=("person_id", "class"),
        bound_to=lambda row: bound_to(row["person_id"], row["class"]),
    ),
    SealedTable(
        name="membership.person",
        columns=_INDEXES,
        reseal=_reindexed,
        beside={
            "contact": "t.contact",
            "identity": "t.identity",
            "contact_key": f"{_KEY}'contact'",
            "identity_key": f"{_KEY}'identity'",
        },
    ),
    sealed_table("membership.leaving_request", "claim", purpose=LEAVING),
    sealed_table("membership.roster_entry", "sealed", purpose=ROSTER),
]
