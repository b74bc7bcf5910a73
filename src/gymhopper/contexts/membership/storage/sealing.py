"""Encryption of personal data, and look-up without showing it.

Envelope encryption: each person's contact data is encrypted with a data key of its own
(AES-256-GCM, NIST SP 800-38D), and that key with the installation's wrapping key. Whoever deletes
the wrapped key has shredded the data, wherever copies of it lie. Equal values are found through
keyed hashes (HMAC-SHA-256, RFC 2104) of their normal forms.
"""

import hashlib
import hmac
import os
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.person import (
    Contact,
    SealedContact,
    normal_email,
    normal_phone,
)

_KEY_BYTES = 32
_NONCE_BYTES = 12


class ContactSeal:
    """Seals and opens contact data with the installation's keys."""

    def __init__(self, secrets: Secrets) -> None:
        self._wrapping = secrets.key("membership.contact.wrapping")
        self._index = secrets.key("membership.contact.index")

    def seal(self, person_id: UUID, contact: Contact) -> SealedContact:
        """Encrypt under a fresh data key; what is sealed for one person opens for no other."""
        key = os.urandom(_KEY_BYTES)
        birth_date = contact.birth_date
        return SealedContact(
            key=_encrypt(self._wrapping, key, _bound_to(person_id)),
            content=_encrypt(key, msgspec.json.encode(contact), b"contact"),
            email_index=self.email_index(contact.email) if contact.email else None,
            phone_index=self.phone_index(contact.phone) if contact.phone else None,
            birth_date_index=self._hash("birth_date", birth_date.isoformat())
            if birth_date
            else None,
        )

    def open(self, person_id: UUID, sealed: SealedContact) -> Contact:
        """Decrypt; empty when it was shredded.

        Raises cryptography.exceptions.InvalidTag when it was altered or belongs to another.
        """
        if sealed.key is None or sealed.content is None:
            return Contact()
        key = _decrypt(self._wrapping, sealed.key, _bound_to(person_id))
        content = _decrypt(key, sealed.content, b"contact")
        return msgspec.json.decode(content, type=Contact)

    def email_index(self, email: str) -> bytes:
        """By what people with this e-mail address are found."""
        return self._hash("email", normal_email(email))

    def phone_index(self, phone: str) -> bytes:
        """By what people with this telephone number are found."""
        return self._hash("phone", normal_phone(phone))

    def _hash(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._index, f"{kind}\0{value}".encode(), hashlib.sha256)


def _bound_to(person_id: UUID) -> bytes:
    """A wrapped key opens only beside its own person."""
    return b"contact key of " + person_id.bytes


def _encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
