"""A human being, once; and what is known of how to reach them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.contexts.membership.domain.folding import folded


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


Retention = Literal["contact", "identity", "emergency"]
"""For how long something is kept: how to reach somebody, as long as they are a member anywhere;
who they are (the birth date), as long as the law wants contracts to be kept; whom to call in an
emergency, as long as they may train."""

OWN_DATA: tuple[Retention, ...] = ("contact", "identity")
"""What a profile holds and replaces as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedContact:
    """A person's contact data as it is stored.

    `keys` are the person's data keys, themselves sealed: what is sealed under one that is missing
    is gone for good. The indexes are keyed hashes that find equal values without showing them.
    """

    contact: bytes | None
    identity: bytes | None
    email_index: bytes | None
    phone_index: bytes | None
    birth_date_index: bytes | None
    keys: Mapping[Retention, bytes]


@dataclass(eq=False)
class DataKey:
    """The sealed key of what is kept of a person in one class."""

    person_id: UUID
    retention: Retention
    wrapped: bytes


@dataclass(eq=False, kw_only=True)
class Person:
    """A human being; names in plain text, so that a desk can search and sort."""

    id: UUID
    first_name: str
    last_name: str
    created_at: datetime
    version: int = 0
    first_folded: str = field(init=False)
    last_folded: str = field(init=False)
    contact: bytes | None = field(init=False, default=None)
    identity: bytes | None = field(init=False, default=None)
    email_index: bytes | None = field(init=False, default=None)
    phone_index: bytes | None = field(init=False, default=None)
    birth_date_index: bytes | None = field(init=False, default=None)
    keys: list[DataKey] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.rename(self.first_name, self.last_name)

    def rename(self, first_name: str, last_name: str) -> None:
        """Call the person so from now on."""
        self.first_name, self.first_folded = first_name, folded(first_name)
        self.last_name, self.last_folded = last_name, folded(last_name)

    def keep(self, sealed: SealedContact) -> None:
        """Replace all contact data; keys of what is not kept any more are dropped."""
        self.contact, self.identity = sealed.contact, sealed.identity
        self.email_index, self.phone_index = sealed.email_index, sealed.phone_index
        self.birth_date_index = sealed.birth_date_index
        held = {each.retention: each for each in self.keys}
        for retention, wrapped in sealed.keys.items():
            if retention in held:
                held[retention].wrapped = wrapped
            else:
                self.keys.append(DataKey(self.id, retention, wrapped))
        for retention, key in held.items():
            if retention in OWN_DATA and retention not in sealed.keys:
                self.keys.remove(key)

    def key(self, retention: Retention) -> DataKey | None:
        """The data key of that class, if there is one."""
        return next((each for each in self.keys if each.retention == retention), None)


def normal_email(email: str) -> str:
    """The form in which two spellings of an address are equal (Unicode NFKC, case-folded)."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def normal_phone(phone: str) -> str:
    """Digits, with the plus of an international number, also when it was written as 00."""
    digits = re.sub(r"[^\d+]", "", unicodedata.normalize("NFKC", phone))
    return f"+{digits[2:]}" if digits.startswith("00") else digits
