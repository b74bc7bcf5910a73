"""What identity keeps sealed."""

from collections.abc import Mapping

from gymhopper.chassis.sealed_tables import Row, SealedTable, resealed, sealed_table
from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.identity.storage.addresses import PURPOSE as ADDRESSES
from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.storage.factor_seal import PURPOSE as FACTORS


def _account(secrets: Secrets, row: Row) -> Mapping[str, bytes | None]:
    """With the address its index, by which it is found."""
    seal, sealer = AddressSeal(secrets), Sealer(secrets, ADDRESSES)
    email, name = row["email"], row["name"]
    return {
        "email": resealed(sealer, email, row["id"].bytes),
        "email_index": None if email is None else seal.index(seal.open(row["id"], email)),
        "name": resealed(sealer, name, row["id"].bytes),
    }


SEALED = [
    SealedTable(name="identity.account", columns=("email", "email_index", "name"), reseal=_account),
    sealed_table("identity.email_link", "email", purpose=ADDRESSES),
    sealed_table("identity.mail", "address", "content", purpose=ADDRESSES),
    sealed_table("identity.invitation", "email", purpose=ADDRESSES),
    sealed_table(
        "identity.authenticator",
        "sealed",
        purpose=FACTORS,
        key=("account_id",),
        bound_to=lambda row: row["account_id"].bytes,
    ),
]
