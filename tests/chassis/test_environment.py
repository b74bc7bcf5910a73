"""A wrong setting is named, and its value is not."""

import traceback

import pytest

from gymhopper.chassis.environment import BadSetting
from gymhopper.chassis.settings import Settings
from gymhopper.contexts.identity.oidc_settings import OidcSettings


def test_a_setting_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GYMHOPPER_PORT", "hush-8700")

    with pytest.raises(
        BadSetting, match=r"^GYMHOPPER_PORT: Input should be a valid integer"
    ) as bad:
        Settings()
    assert "hush" not in "".join(traceback.format_exception(bad.value))


def test_a_list_that_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GYMHOPPER_ALLOWED_ORIGINS", "https://hush.example.com")

    with pytest.raises(BadSetting) as bad:
        Settings()
    assert bad.value.detail == "GYMHOPPER_ALLOWED_ORIGINS: This is not JSON."
    assert "hush" not in "".join(traceback.format_exception(bad.value))


def test_each_mistake_about_a_provider_is_named_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", '[{"name": "acme", "client_secret": "hush"}]')

    with pytest.raises(BadSetting) as bad:
        OidcSettings()
    assert bad.value.detail.splitlines() == [
        f"GYMHOPPER_IDENTITY_OIDC at 0.{each}: Field required."
        for each in ("label", "issuer", "client_id")
    ]
    assert "hush" not in "".join(traceback.format_exception(bad.value))


def test_what_two_providers_contradict_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    one = '{"name": "acme", "label": "A", "issuer": "https://acme.example.com", "client_id": "a"}'
    monkeypatch.setenv("GYMHOPPER_IDENTITY_OIDC", f"[{one}, {one}]")

    with pytest.raises(
        BadSetting, match=r"^GYMHOPPER_IDENTITY_\.\.\.: Two providers have the same"
    ):
        OidcSettings()
