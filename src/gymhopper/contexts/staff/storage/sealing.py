"""Encryption of how to reach an employee."""

from uuid import UUID

import msgspec

from gymhopper.chassis.sealed_tables import sealed_table
from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.staff.domain.employee import Contact

PURPOSE = "staff.contact"


def bound_to(employee_id: UUID) -> bytes:
    """What is sealed for one employee opens for no other."""
    return b"contact of employee " + employee_id.bytes


class ContactSeal:
    """Seals and opens contact data with the installation's keys."""

    def __init__(self, secrets: Secrets) -> None:
        self._sealer = Sealer(secrets, PURPOSE)

    def seal(self, employee_id: UUID, contact: Contact) -> bytes:
        """Encrypt for this employee."""
        return self._sealer.seal(msgspec.json.encode(contact), bound_to=bound_to(employee_id))

    def open(self, employee_id: UUID, sealed: bytes) -> Contact:
        """Decrypt.

        Raises cryptography.exceptions.InvalidTag when it was altered or belongs to another.
        """
        plain = self._sealer.open(sealed, bound_to=bound_to(employee_id))
        return msgspec.json.decode(plain, type=Contact)


SEALED = [
    sealed_table(
        "staff.employee", "contact", purpose=PURPOSE, bound_to=lambda row: bound_to(row["id"])
    )
]
