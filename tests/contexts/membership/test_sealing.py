"""Personal data at rest."""

from dataclasses import replace
from datetime import date

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st

from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.person import Address, Contact, SealedContact
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.kernel.ids import new_id

SEAL = ContactSeal(Secrets(bytes(32)))

texts = st.none() | st.text(min_size=1)
contacts = st.builds(
    Contact,
    email=texts,
    phone=texts,
    birth_date=st.none() | st.dates(),
    address=st.none()
    | st.builds(
        Address,
        lines=st.lists(st.text()).map(tuple),
        city=st.text(),
        country=st.text(),
        postal_code=texts,
        region=texts,
    ),
)


@settings(deadline=None)
@given(contacts)
def test_what_was_sealed_opens_as_it_was(contact: Contact) -> None:
    person_id = new_id()
    assert SEAL.open(person_id, SEAL.seal(person_id, contact)) == contact


def test_a_seal_opens_for_its_own_person_and_installation_only() -> None:
    person_id = new_id()
    sealed = SEAL.seal(person_id, Contact(email="ada@example.org"))
    with pytest.raises(InvalidTag):
        SEAL.open(new_id(), sealed)
    with pytest.raises(InvalidTag):
        ContactSeal(Secrets(bytes(31) + b"\1")).open(person_id, sealed)


def test_without_its_key_nothing_is_left() -> None:
    sealed = SEAL.seal(person_id := new_id(), Contact(email="ada@example.org"))
    assert SEAL.open(person_id, replace(sealed, keys={})) == Contact()


def test_each_retention_class_is_shredded_alone() -> None:
    whole = Contact(email="ada@example.org", birth_date=date(1990, 12, 10))
    sealed = SEAL.seal(person_id := new_id(), whole)
    assert set(sealed.keys) == {"contact", "identity"}
    only_born = replace(sealed, keys={"identity": sealed.keys["identity"]})
    assert SEAL.open(person_id, only_born) == Contact(birth_date=whole.birth_date)
    swapped = {"contact": sealed.keys["identity"], "identity": sealed.keys["contact"]}
    with pytest.raises(InvalidTag):
        SEAL.open(person_id, replace(sealed, keys=swapped))


def test_a_seal_is_opened_and_found_after_a_rotation() -> None:
    old, both = Secrets(bytes(32)), Secrets(bytes(31) + b"\1", bytes(32))
    sealed = ContactSeal(old).seal(person_id := new_id(), Contact(email="ada@example.org"))
    assert ContactSeal(both).open(person_id, sealed).email == "ada@example.org"
    assert sealed.email_index in ContactSeal(both).email_indexes("ada@example.org")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Contact(email="Ada@Example.org"), Contact(email=" ada@example.ORG ")),
        (Contact(email="ada@example.org"), Contact(email="\uff41da@example.org")),
        (Contact(phone="+43 660 1234567"), Contact(phone="0043 (660) 123-4567")),
        (Contact(birth_date=date(1990, 12, 10)), Contact(birth_date=date(1990, 12, 10))),
    ],
)
def test_spellings_of_the_same_are_found_by_the_same_index(one: Contact, other: Contact) -> None:
    first, second = SEAL.seal(new_id(), one), SEAL.seal(new_id(), other)
    assert (first.contact, first.identity) != (second.contact, second.identity)
    assert _indexes(first) == _indexes(second)
    assert any(_indexes(first))


def test_an_index_tells_kinds_apart_and_shows_nothing() -> None:
    assert SEAL.email_indexes("+43660") != SEAL.phone_indexes("+43660")
    other = ContactSeal(Secrets(bytes(31) + b"\1"))
    assert other.email_indexes("a@b.c")[0][4:] != SEAL.email_indexes("a@b.c")[0][4:]


def _indexes(sealed: SealedContact) -> tuple[bytes | None, ...]:
    return sealed.email_index, sealed.phone_index, sealed.birth_date_index
