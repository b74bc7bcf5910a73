"""Codes of an app: right for a minute and a half, and once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.identity.domain import recovery
from gymhopper.contexts.identity.domain.totp import (
    Authenticator,
    matching_step,
    new_secret,
    provisioning_uri,
)
from gymhopper.kernel.ids import new_id

# RFC 6238 appendix B, SHA-1; the last six of its eight digits.
RFC_SECRET = b"12345678901234567890"
RFC_CODES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
NOW = datetime.fromtimestamp(1111111109, UTC)


def an_app() -> Authenticator:
    return Authenticator(account_id=new_id(), sealed=b"", created_at=NOW)


@pytest.mark.parametrize(("at", "code"), RFC_CODES)
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    assert matching_step(RFC_SECRET, code, datetime.fromtimestamp(at, UTC)) == at // 30


def test_a_code_is_good_one_step_early_and_one_step_late() -> None:
    for off in range(-3, 4):
        found = matching_step(RFC_SECRET, "081804", NOW + timedelta(seconds=30 * off))
        assert (found is not None) == (abs(off) <= 1)


def test_a_code_is_accepted_once_and_none_before_it() -> None:
    app = an_app()
    later = NOW + timedelta(seconds=30)

    assert app.accept(RFC_SECRET, "050471", later)
    assert not app.accept(RFC_SECRET, "050471", later)
    assert not app.accept(RFC_SECRET, "081804", later)


def test_a_wrong_code_uses_nothing_up() -> None:
    app = an_app()
    assert not app.accept(RFC_SECRET, "081805", NOW)
    assert app.accept(RFC_SECRET, "081804", NOW)


@given(st.text(max_size=12))
def test_any_text_is_a_wrong_code(code: str) -> None:
    assert code == "081804" or not an_app().accept(RFC_SECRET, code, NOW + timedelta(days=400))


def test_the_address_for_an_app_names_holder_and_issuer() -> None:
    uri = provisioning_uri(RFC_SECRET, holder="ada@example.test", issuer="Gym & Co")
    assert uri.startswith("otpauth://totp/Gym%20%26%20Co:ada%40example.test?")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in uri


def test_secrets_differ() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) == 20


def test_recovery_codes_are_ten_and_read_however_they_are_typed() -> None:
    codes = recovery.new_codes()
    assert len(set(codes)) == 10
    for code in codes:
        plain = recovery.normal_form(code)
        assert plain is not None
        assert recovery.normal_form(f" {code.upper().replace('-', ' ')}\n") == plain
        assert recovery.normal_form(plain.replace("1", "I").replace("0", "o")) == plain


@pytest.mark.parametrize("text", ["", "081804", "abcde-abcd", "abcde-abcdeu", "ábcde-abcde", "-"])
def test_what_is_no_recovery_code_is_none(text: str) -> None:
    assert recovery.normal_form(text) is None
