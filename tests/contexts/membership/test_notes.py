"""What the desk notes about a member: for itself, dated, and deleted without a trace."""

import asyncio
from typing import Any

from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime

HINT = "Prefers the quiet corner."


async def entries(runtime: Runtime) -> list[Any]:
    """What the audit log holds, as text."""
    async with runtime.read(SERVICE) as connection:
        return list(
            (await connection.execute(text("SELECT e::text FROM audit.entry AS e"))).scalars()
        )


async def test_a_note_has_its_date_and_author_and_pinned_ones_come_with_the_member(
    gym: Any,
) -> None:
    member = await gym.member()
    path = f"/members/{member['id']}"
    first = await gym.post(f"{path}/notes", {"text": "Paid in coins."})
    pinned = await gym.post(f"{path}/notes", {"text": HINT, "pinned": True})
    assert first["written_at"] == gym.clock.now().isoformat().replace("+00:00", "Z")
    assert first["written_by"].startswith("staff:")
    listed = await gym.get(f"{path}/notes")
    assert [each["id"] for each in listed["items"]] == [pinned["id"], first["id"]]
    assert [each["text"] for each in (await gym.get(path))["notes"]] == [HINT]


async def test_notes_come_in_pages(gym: Any) -> None:
    member = await gym.member()
    path = f"/members/{member['id']}/notes"
    written = [(await gym.post(path, {"text": f"No. {n}"}))["id"] for n in range(5)]
    seen, cursor = [], {}
    while True:
        page = await gym.get(path, limit=2, **cursor)
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == written[::-1]


async def test_a_note_is_corrected_only_as_it_was_read(gym: Any) -> None:
    member = await gym.member()
    path = f"/api/v1/members/{member['id']}/notes"
    note = (await gym.http.post(path, json={"text": "Allergic to nuts."})).json()
    corrected = await gym.http.patch(
        f"{path}/{note['id']}", json={"pinned": True}, headers={"If-Match": '"1"'}
    )
    assert (corrected.status_code, corrected.headers["etag"]) == (200, '"2"')
    assert corrected.json() == note | {"pinned": True, "version": 2}
    late = await gym.http.patch(
        f"{path}/{note['id']}", json={"text": "x"}, headers={"If-Match": '"1"'}
    )
    assert late.status_code == 412


async def test_a_deleted_note_is_gone_and_the_log_says_who_and_not_what(gym: Any) -> None:
    member = await gym.member()
    path = f"/members/{member['id']}/notes"
    note = await gym.post(path, {"text": HINT})
    answer = await gym.http.delete(f"/api/v1{path}/{note['id']}")
    assert answer.status_code == 204
    assert (await gym.get(path))["items"] == []
    assert (await gym.http.delete(f"/api/v1{path}/{note['id']}")).status_code == 404
    told = await entries(gym.runtime)
    assert [each for each in told if note["id"] in each and "deleted" in each]
    assert not [each for each in told if HINT in each]


async def test_a_note_belongs_to_its_member(gym: Any, town: Any) -> None:
    mine, other = await gym.member(), await gym.member()
    note = await gym.post(f"/members/{mine['id']}/notes", {"text": HINT})
    for who, member in ((gym, other), (town.theirs, mine)):
        path = f"/api/v1/members/{member['id']}/notes/{note['id']}"
        assert (await who.http.patch(path, json={"pinned": True})).status_code == 404
        assert (await who.http.delete(path)).status_code == 404
    await town.theirs.get(f"/members/{mine['id']}/notes", expect=404)
    await town.theirs.post(f"/members/{mine['id']}/notes", {"text": "x"}, expect=404)


async def tags(gym: Any, member: Any, **change: list[str]) -> list[str]:
    answer = await gym.http.patch(f"/api/v1/members/{member['id']}/tags", json=change)
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["tags"]
    return found


async def test_tags_are_set_and_unset_one_by_one(gym: Any) -> None:
    member = await gym.member()
    before = await gym.get(f"/members/{member['id']}")
    assert await tags(gym, member, set=["vip", " climber "]) == ["climber", "vip"]
    assert await tags(gym, member, set=["vip"], unset=["never had"]) == ["climber", "vip"]
    assert await tags(gym, member, unset=["vip"]) == ["climber"]
    after = await gym.get(f"/members/{member['id']}")
    assert after["tags"] == ["climber"]
    assert after["version"] == before["version"] + 2, "what changes nothing is no new version"


async def test_desks_that_tag_at_once_lose_nothing_of_each_others(gym: Any) -> None:
    member = await gym.member()
    wanted = [f"tag {n}" for n in range(8)]
    await asyncio.gather(*(tags(gym, member, set=[each]) for each in wanted))
    assert await tags(gym, member) == wanted


async def test_members_are_found_by_a_tag(town: Any) -> None:
    gym = town.ours
    ada, bob = await gym.member(), await gym.member(first_name="Bob", email="bob@example.org")
    theirs = await town.theirs.member()
    for who, member in ((gym, ada), (gym, bob), (town.theirs, theirs)):
        await tags(who, member, set=["100% climber's"])
    await gym.member()

    async def found(**query: Any) -> set[str]:
        return {each["id"] for each in (await gym.get("/members", **query))["items"]}

    tag = "100% climber's"
    assert await found(tag=tag) == {ada["id"], bob["id"]}
    assert await found(tag=tag, query="bob") == {bob["id"]}
    assert await found(tag=tag, query="bob@example.org") == {bob["id"]}
    assert await found(tag="yoga", query="bob@example.org") == set()
    assert await found(tag="yoga") == set()
    await tags(gym, ada, unset=[tag])
    assert await found(tag=tag) == {bob["id"]}
