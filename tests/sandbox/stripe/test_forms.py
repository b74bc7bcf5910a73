"""What the library encodes is decoded to the same parameters."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from stripe._encode import _api_encode

from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.wire.form import decode
from gymhopper.sandbox.stripe.wire.parameters import Listed, Metadata, Parameters, check

NAMES = st.text("abcdefgh_", min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
NESTED: st.SearchStrategy[Any] = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def _as_decoded(value: Any) -> Any:
    """Lists come as dicts with the keys "0", "1", ..."""
    if isinstance(value, list):
        value = {str(index): each for index, each in enumerate(value)}
    if isinstance(value, dict):
        return {key: _as_decoded(each) for key, each in value.items()}
    return value


@given(st.dictionaries(NAMES, NESTED, max_size=4))
def test_nested_parameters_survive_the_form(given_: dict[str, Any]) -> None:
    encoded = urlencode(list(_api_encode(given_))).encode()
    if _depth(given_) - 1 > 6:
        with pytest.raises(InvalidRequest):
            decode(encoded)
    else:
        assert decode(encoded) == _as_decoded(given_)


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    try:
        decoded = decode(raw)
    except InvalidRequest:
        return
    assert isinstance(decoded, dict)


class _Sample(Parameters):
    names: Listed[str] = Field(default_factory=list)
    metadata: Metadata | None = None
    number: int = 0


@given(st.lists(TEXTS, max_size=12), st.integers())
def test_lists_and_numbers_are_read_from_the_form(names: list[str], number: int) -> None:
    encoded = urlencode(list(_api_encode({"names": names, "number": number}))).encode()
    found = check(_Sample, decode(encoded))
    assert (found.names, found.number) == (names, number)


@given(NESTED, NAMES)
def test_any_parameters_are_taken_or_refused_by_name(value: Any, name: str) -> None:
    for key in (name, "names", "metadata", "number", "expand"):
        param = _refused(_Sample, {key: _as_decoded(value)})
        assert param is None or param.startswith(key)


def _refused(model: type[Parameters], given_: dict[str, Any]) -> str | None:
    """The parameter at fault, or None when all were taken."""
    try:
        check(model, given_)
    except InvalidRequest as error:
        return error.param
    return None


def test_an_empty_list_and_empty_metadata_are_an_empty_text() -> None:
    found = check(_Sample, decode(b"names=&metadata="))
    assert (found.names, found.metadata) == ([], {})
