"""A human being, once; and what is known of how to reach them."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec


class Address(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A postal address; `country` is ISO 3166-1 alpha-2."""

    lines: tuple[str, ...]
    city: str
    country: str
    postal_code: str | None = None
    region: str | None = None


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept encrypted. An e-mail address may be missing, or shared by a family."""

    email: str | None = None
    phone: str | None = None
    birth_date: date | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class SealedContact:
    """A person's contact data as it is stored.

    `key` is the person's data key, itself encrypted: without it `content` is gone for good. The
    indexes are keyed hashes that find equal values without showing them.
    """

    key: bytes | None
    content: bytes | None
    email_index: bytes | None
    phone_index: bytes | None
    birth_date_index: bytes | None


@dataclass(eq=False, kw_only=True)
class Person:
    """A human being; names in plain text, so that a desk can search and sort."""

    id: UUID
    first_name: str
    last_name: str
    sealed: SealedContact
    created_at: datetime
    version: int = 0


def normal_email(email: str) -> str:
    """The form in which two spellings of an address are equal (Unicode NFKC, case-folded)."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def normal_phone(phone: str) -> str:
    """Digits, with the plus of an international number, also when it was written as 00."""
    digits = re.sub(r"[^\d+]", "", unicodedata.normalize("NFKC", phone))
    return f"+{digits[2:]}" if digits.startswith("00") else digits
