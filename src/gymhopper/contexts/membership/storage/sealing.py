"""Encryption of personal data, and look-up without showing it.

Envelope encryption: what is kept of a person for one purpose and time (a retention class) is
encrypted with a data key of its own (AES-256-GCM, NIST SP 800-38D), and that key is sealed with the
installation's. Whoever deletes the sealed key has shredded the data, wherever copies of it lie; a
rotation seals the small keys anew and leaves the data. Equal values are found by blind indexes.
"""

import os
from collections.abc import Mapping
from datetime import date
from uuid import UUID

import msgspec

from gymhopper.chassis.sealing import Sealer, decrypt, encrypt
from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.emergency import EmergencyContact
from gymhopper.contexts.membership.domain.person import (
    Contact,
    Person,
    Retention,
    SealedContact,
    normal_email,
    normal_phone,
)

PURPOSE = "membership.contact"
EMERGENCY: Retention = "emergency"
_KEY_BYTES = 32


class ContactSeal:
    """Seals and opens contact data with the installation's keys."""

    def __init__(self, secrets: Secrets) -> None:
        self._sealer = Sealer(secrets, PURPOSE)

    def seal(self, person_id: UUID, contact: Contact) -> SealedContact:
        """Encrypt under fresh data keys; what is sealed for one person opens for no other."""
        reach = msgspec.structs.replace(contact, birth_date=None)
        born = Contact(birth_date=contact.birth_date)
        keys: dict[Retention, bytes] = {}
        return SealedContact(
            contact=self._content(person_id, "contact", reach, keys),
            identity=self._content(person_id, "identity", born, keys),
            keys=keys,
            **self.indexes(contact),
        )

    def open(self, person_id: UUID, sealed: SealedContact) -> Contact:
        """Decrypt; without what was shredded.

        Raises cryptography.exceptions.InvalidTag when it was altered or belongs to another.
        """
        reach = self._opened(person_id, "contact", sealed.contact, sealed.keys)
        born = self._opened(person_id, "identity", sealed.identity, sealed.keys)
        return msgspec.structs.replace(reach, birth_date=born.birth_date)

    def birth_date(self, person: Person) -> date | None:
        """The birth date alone; None when it is not known, or shredded."""
        key = person.key("identity")
        return self.born(person.id, person.identity, None if key is None else key.wrapped)

    def born(self, person_id: UUID, identity: bytes | None, wrapped: bytes | None) -> date | None:
        """The birth date in what is sealed, by the sealed key; None when one of them is missing."""
        keys: dict[Retention, bytes] = {} if wrapped is None else {"identity": wrapped}
        return self._opened(person_id, "identity", identity, keys).birth_date

    def indexes(self, contact: Contact) -> dict[str, bytes | None]:
        """What is stored beside the content, so that it can be found."""
        email, phone, born = contact.email, contact.phone, contact.birth_date
        return {
            "email_index": self.email_indexes(email)[0] if email else None,
            "phone_index": self.phone_indexes(phone)[0] if phone else None,
            "birth_date_index": self._sealer.index("birth_date", born.isoformat())
            if born
            else None,
        }

    def email_indexes(self, email: str) -> tuple[bytes, ...]:
        """By what people with this e-mail address are found, new ones by the first."""
        return self._sealer.indexes("email", normal_email(email))

    def phone_indexes(self, phone: str) -> tuple[bytes, ...]:
        """By what people with this telephone number are found, new ones by the first."""
        return self._sealer.indexes("phone", normal_phone(phone))

    def _content(
        self, person_id: UUID, retention: Retention, part: Contact, keys: dict[Retention, bytes]
    ) -> bytes | None:
        if part == Contact():
            return None
        key = os.urandom(_KEY_BYTES)
        keys[retention] = self._sealer.seal(key, bound_to=bound_to(person_id, retention))
        return encrypt(key, msgspec.json.encode(part), retention.encode())

    def _opened(
        self,
        person_id: UUID,
        retention: Retention,
        content: bytes | None,
        keys: Mapping[Retention, bytes],
    ) -> Contact:
        if content is None or retention not in keys:
            return Contact()
        key = self._sealer.open(keys[retention], bound_to=bound_to(person_id, retention))
        plain = decrypt(key, content, retention.encode())
        return msgspec.json.decode(plain, type=Contact)


class EmergencySeal:
    """Seals and opens whom to call, under a data key that all gyms of the person share: whoever
    deletes it has shredded what each of them kept."""

    def __init__(self, secrets: Secrets) -> None:
        self._sealer = Sealer(secrets, PURPOSE)

    def new_key(self, person_id: UUID) -> bytes:
        """A fresh data key, sealed."""
        return self._sealer.seal(os.urandom(_KEY_BYTES), bound_to=bound_to(person_id, EMERGENCY))

    def seal(
        self, person_id: UUID, member_id: UUID, wrapped: bytes, contact: EmergencyContact
    ) -> bytes:
        """Encrypt under the person's key; what is sealed for one member opens for no other."""
        key = self._sealer.open(wrapped, bound_to=bound_to(person_id, EMERGENCY))
        return encrypt(key, msgspec.json.encode(contact), member_id.bytes)

    def open(
        self, person_id: UUID, member_id: UUID, wrapped: bytes, sealed: bytes
    ) -> EmergencyContact:
        """Decrypt; InvalidTag when it was altered or belongs to another."""
        key = self._sealer.open(wrapped, bound_to=bound_to(person_id, EMERGENCY))
        return msgspec.json.decode(decrypt(key, sealed, member_id.bytes), type=EmergencyContact)


def bound_to(person_id: UUID, retention: str) -> bytes:
    """A sealed key opens only as that of its own person and class."""
    return f"{retention} key of ".encode() + person_id.bytes
