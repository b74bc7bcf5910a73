"""Where somebody is signed in, and ending it there."""

from datetime import timedelta

import pytest

from contexts.identity.conftest import Platform, bearer
from contexts.identity.people import browser, new_account, sign_in
from gymhopper.contexts.identity.http.devices import device_name, network_around
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

SESSIONS = "/api/v1/sessions"
ME = "/api/v1/me"


async def test_every_device_is_listed_and_the_present_one_is_marked(
    platform: Platform, clock: ManualClock
) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as desktop, browser(platform.runtime) as phone:
        phone.headers["User-Agent"] = "Mozilla/5.0 (iPhone; CPU) Version/26.0 Safari/605.1"
        await sign_in(desktop)
        clock.advance(timedelta(minutes=1))
        await sign_in(phone)
        items = (await desktop.get(SESSIONS)).json()["items"]

    assert [(each["device_name"], each["current"]) for each in items] == [
        ("Safari on iPhone", False),
        ("Firefox on Linux", True),
    ]
    assert items[0]["methods"] == ["password"]
    assert items[0]["address"] == "127.0.0.0/24"


async def test_a_lost_device_is_signed_out_from_another(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as desktop, browser(platform.runtime) as phone:
        await sign_in(phone)
        await sign_in(desktop)
        assert (await phone.get(ME)).status_code == 200
        items = (await desktop.get(SESSIONS)).json()["items"]
        lost = next(each["id"] for each in items if not each["current"])

        assert (await desktop.delete(f"{SESSIONS}/{lost}")).status_code == 204
        assert (await phone.get(ME)).status_code == 401
        assert (await desktop.get(ME)).status_code == 200
        assert len((await desktop.get(SESSIONS)).json()["items"]) == 1


async def test_signing_out_everywhere_leaves_the_session_that_asks(platform: Platform) -> None:
    await new_account(platform.runtime)
    async with browser(platform.runtime) as desktop, browser(platform.runtime) as phone:
        await sign_in(phone)
        await sign_in(desktop)
        assert (await phone.get(ME)).status_code == 200

        assert (await desktop.delete(SESSIONS)).status_code == 204
        assert (await phone.get(ME)).status_code == 401
        assert (await desktop.get(ME)).status_code == 200


async def test_nobody_sees_or_ends_anothers_session(platform: Platform) -> None:
    await new_account(platform.runtime)
    await new_account(platform.runtime, email="bob@example.com")
    async with browser(platform.runtime) as ada, browser(platform.runtime) as bob:
        await sign_in(ada)
        await sign_in(bob, email="bob@example.com")
        (mine,) = (await ada.get(SESSIONS)).json()["items"]

        foreign = await bob.delete(f"{SESSIONS}/{mine['id']}")
        unknown = await bob.delete(f"{SESSIONS}/{new_id()}")
        assert (await bob.delete(SESSIONS)).status_code == 204

        assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
        assert foreign.json()["detail"] == unknown.json()["detail"]
        assert (await ada.get(ME)).status_code == 200


async def test_keys_have_no_sessions(platform: Platform) -> None:
    made = await platform.key()
    refused = await platform.client.get(SESSIONS, headers=bearer(made["token"]))
    assert (refused.status_code, refused.json()["code"]) == (403, "session_required")


async def test_a_session_that_ended_elsewhere_is_refused_within_five_seconds(
    platform: Platform, clock: ManualClock
) -> None:
    await new_account(platform.runtime)
    elsewhere = type(platform.runtime)(
        platform.runtime.settings,
        platform.runtime.contexts,
        database_url=platform.runtime.database.url,
        clock=clock,
    )
    async with browser(platform.runtime) as here, browser(elsewhere) as there:
        await sign_in(here)
        there.cookies = here.cookies
        assert (await there.get(ME)).status_code == 200
        await here.delete(f"{SESSIONS}/current", headers={"Cookie": _cookie(there)})
        clock.advance(timedelta(seconds=5))
        assert (await there.get(ME, headers={"Cookie": _cookie(there)})).status_code == 401
    await elsewhere.close()


def _cookie(client: object) -> str:
    return "; ".join(f"{k}={v}" for k, v in client.cookies.items())  # type: ignore[attr-defined] # an httpx client


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (None, "Unknown device"),
        ("", "Unknown device"),
        ("\x00<script>", "Unknown device"),
        ("python-httpx/0.28", "python-httpx"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/150.0 Mobile Safari/537.36", "Chrome on Android"),
        ("A" * 400, "A" * 40),
    ],
)
def test_a_device_has_a_name_that_its_owner_recognises(agent: str | None, name: str) -> None:
    assert device_name(agent) == name


@pytest.mark.parametrize(
    ("address", "place", "counted"),
    [
        ("203.0.113.77", "203.0.113.0/24", "203.0.113.77/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.77", "203.0.113.0/24", "203.0.113.77/32"),
        ("testclient", None, None),
        (None, None, None),
    ],
)
def test_an_address_is_shown_coarsely_and_counted_finely(
    address: str | None, place: str | None, counted: str | None
) -> None:
    assert network_around(address, 24, 48) == place
    assert network_around(address, 32, 64) == counted
