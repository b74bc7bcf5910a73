"""The compact records: sizes, places in the bytes, codes, credentials, policies."""

import re
from datetime import datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.access.domain.cases import EVERYWHERE, grant
from gymhopper.contexts.access.domain.codes import CODES, RECEPTION, explain
from gymhopper.contexts.access.domain.coverage import compile_policy, encode_coverage
from gymhopper.contexts.access.domain.credentials import credential_key, normalise
from gymhopper.contexts.access.domain.records import (
    Credential,
    Person,
    Version,
    milliseconds,
    moment,
)
from gymhopper.contexts.access.domain.usage import Spending
from gymhopper.contexts.access.gate.passage import Pending
from gymhopper.contracts.membership.coverage import Clause, Coverage

SECRET = b"0123456789abcdef"


def test_a_person_with_one_membership_and_a_card_is_small() -> None:
    person = msgspec.msgpack.encode(Person((grant(),)))
    card = msgspec.msgpack.encode(Credential(b"p" * 16, b"c" * 16))
    keys_and_versions = 2 * (2 + 16) + 2 * 8
    assert len(person) + len(card) + keys_and_versions <= 256


def test_the_person_is_where_stores_look_for_it() -> None:
    """The functions in Valkey read ids by their place: bytes 3 to 19 of the payload."""
    credential = Credential(b"p" * 16, b"c" * 16, 1, 2**50, revoked=True)
    spending = Spending(b"m" * 16, b"l" * 16, b"o" * 16, 1, 2)
    ids = [bytes([each]) * 16 for each in b"pabcde"]
    pending = Pending(*ids, spending, b"h" * 16, "passed")
    assert msgspec.msgpack.encode(credential)[3:19] == b"p" * 16
    assert msgspec.msgpack.encode(pending)[3:19] == b"p" * 16


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_versions_pack_into_bytes_that_sort_like_them(epoch: int, one: int, two: int) -> None:
    left, right = Version(epoch, one), Version(epoch, two)
    assert Version.unpack(left.pack()) == left
    assert (left < right) == (left.pack() < right.pack())
    assert len(left.pack()) == 8


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_is_kept_to_the_millisecond(instant: datetime) -> None:
    kept = moment(milliseconds(instant))
    assert 0 <= (instant - kept).total_seconds() < 0.001


def test_every_code_is_told_in_a_sentence_and_delicate_ones_are_not_told() -> None:
    for code, meaning in CODES.items():
        assert meaning.code == code
        assert re.fullmatch(r"[A-Z][^\n]*\.", meaning.sentence)
        assert (meaning.for_person == RECEPTION) == meaning.delicate
    assert explain("PERSON_BLOCKED").for_person == RECEPTION
    assert explain("NO_SUCH_CODE").code == "SYSTEM_ERROR"


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        ("card", "04:a2-f3 01", "04A2F301"),
        ("card", "", None),
        ("card", " - ", None),
        ("card", "straße", None),
        ("card", "1" * 65, None),
        ("card", "٣", None),
        ("pass", "abc.DEF", "abc.DEF"),
        ("pass", "a b", None),
        ("palm", "1", None),
    ],
)
def test_a_credential_has_one_spelling_or_none(kind: str, value: str, plain: str | None) -> None:
    assert normalise(kind, value) == plain


def test_a_credentials_key_depends_on_the_secret_and_the_kind() -> None:
    keys = {
        credential_key(SECRET, "card", "12"),
        credential_key(SECRET, "pass", "12"),
        credential_key(SECRET[::-1], "card", "12"),
        credential_key(SECRET, "card", "13"),
    }
    assert len(keys) == 4
    assert {len(key or b"") for key in keys} == {16}


def test_a_policy_is_named_by_its_content() -> None:
    name, payload = encode_coverage(EVERYWHERE)
    other = Coverage(include=(Clause(locations=(UUID(int=1),)),))
    assert encode_coverage(Coverage(include=(Clause(),))) == (name, payload)
    assert encode_coverage(other)[0] != name
    (clause,) = compile_policy(encode_coverage(other)[1]).include
    assert clause.locations == {UUID(int=1).bytes}
