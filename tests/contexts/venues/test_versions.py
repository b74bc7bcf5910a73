"""Changes that are meant for what was read are refused when it has changed since."""

import asyncio

from contexts.venues.conftest import Network


async def test_a_location_is_changed_once_by_two_who_read_the_same(network: Network) -> None:
    path = f"/locations/{(await network.open(network.north))['id']}"
    read = await network.call("GET", path)
    tag = read.headers["etag"]
    answers = await asyncio.gather(
        *(
            network.call(
                "PATCH", path, by=network.north, json={"name": name}, headers={"If-Match": tag}
            )
            for name in ("One", "Two", "Three")
        )
    )
    codes = sorted(each.json().get("code", "") for each in answers)
    assert codes == ["", "version_mismatch", "version_mismatch"]
    assert sorted(each.status_code for each in answers) == [200, 412, 412]
    [done] = [each for each in answers if each.status_code == 200]
    now = await network.call("GET", path)
    assert (now.json()["name"], now.headers["etag"]) == (done.json()["name"], done.headers["etag"])
    assert now.headers["etag"] != tag


async def test_who_has_the_location_is_told_nothing_until_it_changes(network: Network) -> None:
    made = await network.call(
        "POST", "/locations", by=network.north, json=network.location(network.north)
    )
    path, tag = f"/locations/{made.json()['id']}", made.headers["etag"]
    known = {"If-None-Match": tag}
    assert (await network.call("GET", path, headers=known)).status_code == 304
    # What no other context hears of is a new version, too.
    address = {"line1": "Torstrasse 1", "city": "Berlin"}
    for change in ({"address": address}, {"name": "Nord"}):
        changed = await network.call("PATCH", path, by=network.north, json=change)
        fresh = await network.call("GET", path, headers=known)
        assert (fresh.status_code, fresh.headers["etag"]) == (200, changed.headers["etag"])
        known = {"If-None-Match": fresh.headers["etag"]}
    same = await network.call("PATCH", path, by=network.north, json={"name": "Nord"})
    assert same.headers["etag"] == known["If-None-Match"]


async def test_a_calendars_times_give_its_locations_new_versions(network: Network) -> None:
    calendar = await network.call("POST", "/calendars", by=network.north, json={"name": "Bavaria"})
    path, tag = f"/calendars/{calendar.json()['id']}", calendar.headers["etag"]
    location = await network.open(network.north, calendar_id=calendar.json()["id"])
    before = await network.call("GET", f"/locations/{location['id']}")
    hours = {"hours": [{"weekday": 1, "opens": "08:00", "closes": "20:00"}]}
    for status in (200, 412):
        answer = await network.call(
            "PUT", f"{path}/times", by=network.north, json=hours, headers={"If-Match": tag}
        )
        assert answer.status_code == status
    assert (await network.call("GET", path)).headers["etag"] != tag
    known = {"If-None-Match": before.headers["etag"]}
    after = await network.call("GET", f"/locations/{location['id']}", headers=known)
    assert after.status_code == 200
    assert after.json()["opening"]["hours"] == hours["hours"]


async def test_any_version_will_do_for_a_star_or_for_none(network: Network) -> None:
    path = f"/locations/{(await network.open(network.north))['id']}"
    for headers in ({}, {"If-Match": "*"}):
        answer = await network.call(
            "PATCH", path, by=network.north, json={"name": "Nord"}, headers=headers
        )
        assert answer.status_code == 200
