"""Waivers: versions that are never changed, signatures that are kept, and who has to sign what."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, select, update

from contexts.membership.samples import AGREEMENT
from fixtures.callers import http_client
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.membership.storage import waiver_tables
from gymhopper.contexts.membership.storage.invariants import INVARIANTS
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.ids import new_id

TEXT = "I train at my own risk."


async def published(gym: Any, waiver: Any = None, *, in_days: int = 0, **changes: Any) -> Any:
    """A waiver with a (further) version."""
    if waiver is None:
        made = {"name": "Rules", "legal_entity_id": str(gym.seller.legal_entity_id)}
        waiver = await gym.post("/waivers", made)
    first = today(gym) + timedelta(days=in_days)
    body = {"texts": {"en": TEXT, "de": "Auf eigene Gefahr."}, "enforce_from": first.isoformat()}
    return await gym.post(f"/waivers/{waiver['id']}/versions", body | changes)


def today(gym: Any) -> date:
    return local_date(gym.clock.now(), gym.seller.zone)


async def sign(gym: Any, member: Any, waiver: Any, *, expect: int = 201, **changes: Any) -> Any:
    body = {"number": 1, "language": "en"} | changes
    path = f"/members/{member['id']}/waivers/{waiver['id']}/signatures"
    return await gym.post(path, body, expect=expect)


async def standing(gym: Any, member: Any) -> tuple[str, bool, int | None]:
    (found,) = (await gym.get(f"/members/{member['id']}/waivers"))["items"]
    return found["state"], found["required"], found["to_sign"]


async def test_a_version_is_a_notice_until_its_first_day(gym: Any) -> None:
    member = await gym.member()
    await published(gym, in_days=2)
    assert await standing(gym, member) == ("unsigned", False, 1)
    await gym.pass_time(timedelta(days=3))
    assert await standing(gym, member) == ("unsigned", True, 1)


async def test_what_was_signed_is_kept_with_its_text(gym: Any) -> None:
    member = await gym.member()
    waiver = await published(gym)
    given = await sign(gym, member, waiver, language="de")
    assert given["text_hash"] == sha256(b"Auf eigene Gefahr.").hexdigest()
    assert (given["channel"], given["signed_by"], given["until"]) == ("desk", "self", None)
    assert given["actor"].startswith("staff:")
    assert await standing(gym, member) == ("signed", False, None)
    event = (await gym.told(given["id"]))[0].data
    assert (str(event.person_id), event.number, event.until) == (member["person_id"], 1, None)
    async with gym.runtime.read(SERVICE) as connection:
        for sentence, query in INVARIANTS.items():
            assert (await connection.exec_driver_sql(query)).scalar() == 0, sentence


async def test_a_new_version_asks_everybody_again_from_its_first_day_on(gym: Any) -> None:
    member = await gym.member()
    waiver = await published(gym)
    await sign(gym, member, waiver)
    await published(gym, waiver, in_days=2)
    assert await standing(gym, member) == ("signed", False, 2)
    assert (await sign(gym, member, waiver, expect=409))["code"] == "stale_waiver"
    await gym.pass_time(timedelta(days=3))
    assert await standing(gym, member) == ("unsigned", True, 2)
    await sign(gym, member, waiver, number=2)
    assert await standing(gym, member) == ("signed", False, None)


async def test_a_signature_runs_out_at_the_start_of_a_day_in_the_gyms_zone(gym: Any) -> None:
    member = await gym.member()
    waiver = await published(gym, valid_for_months=1)
    given = await sign(gym, member, waiver)
    start = today(gym)
    end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    assert given["until"] == start_of_day(end, gym.seller.zone).isoformat().replace("+00:00", "Z")
    await gym.pass_time(timedelta(days=33))
    assert await standing(gym, member) == ("expired", True, 1)
    await sign(gym, member, waiver)
    assert await standing(gym, member) == ("signed", False, None)


async def test_a_retired_waiver_is_signed_no_more(gym: Any) -> None:
    member = await gym.member()
    waiver = await published(gym)
    await gym.post(f"/waivers/{waiver['id']}/retire", expect=200)
    assert (await gym.get(f"/members/{member['id']}/waivers"))["items"] == []
    for answer in (
        await sign(gym, member, waiver, expect=409),
        await gym.post(f"/waivers/{waiver['id']}/retire", expect=409),
    ):
        assert answer["code"] == "waiver_retired"
    assert await gym.told_types(waiver["id"]) == ["published", "retired"]


async def test_what_cannot_be_published_or_signed_is_refused(gym: Any) -> None:
    member = await gym.member()
    waiver = await published(gym)
    yesterday = (today(gym) - timedelta(days=1)).isoformat()
    path = f"/waivers/{waiver['id']}/versions"
    late = {"texts": {"en": TEXT}, "enforce_from": yesterday}
    assert (await gym.post(path, late, expect=422))["code"] == "date_out_of_range"
    for texts in ({}, {"English": TEXT}, {"en": ""}):
        await gym.post(path, late | {"texts": texts}, expect=422)
    assert (await sign(gym, member, waiver, expect=422, language="fr"))["field"] == "language"
    assert (await sign(gym, member, waiver, expect=409, number=2))["code"] == "stale_waiver"
    empty = {"name": "Later", "legal_entity_id": str(gym.seller.legal_entity_id)}
    draft = await gym.post("/waivers", empty)
    assert (await sign(gym, member, draft, expect=409))["code"] == "stale_waiver"


async def test_for_a_child_a_guardian_signs(gym: Any) -> None:
    ada, stranger = await gym.member(), await gym.member()
    waiver = await published(gym)
    child = await gym.post(
        f"/members/{ada['id']}/dependents",
        {
            "first_name": "Tim",
            "last_name": "Byron",
            "birth_date": "2020-01-01",
            "agreement": AGREEMENT,
        },
    )
    alone = await gym.member(birth_date="2020-01-01")
    for minor in (child, alone):
        assert (await sign(gym, minor, waiver, expect=409))["code"] == "guardian_needed"
    await sign(gym, child, waiver, guardian_id=stranger["id"], expect=404)
    given = await sign(gym, child, waiver, guardian_id=ada["id"])
    assert (given["signed_by"], given["guardian_id"]) == ("guardian", ada["id"])


@pytest.fixture
async def ada(gym: Any) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    """A member who signs at home."""
    member = await gym.member()
    tokens = gym.runtime.api(IdentityApi)._tokens
    tokens["ada"] = Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=UUID(member["person_id"]),
        within=(gym.organisation_id,),
        scopes=("waivers:read", "signatures:write"),
    )
    async with http_client(gym.runtime, token="ada") as http:
        yield member, http


async def test_members_read_and_sign_their_own_at_home(
    town: Any, gym: Any, ada: tuple[Any, httpx.AsyncClient]
) -> None:
    member, http = ada
    waiver, theirs = await published(gym), await published(town.theirs)
    other = await gym.member()
    listed = (await http.get("/api/v1/waivers")).json()["items"]
    assert [each["id"] for each in listed] == [waiver["id"]]
    assert (await http.get(f"/api/v1/waivers/{theirs['id']}")).status_code == 404
    body = {"number": 1, "language": "en"}
    path = f"/api/v1/members/{member['id']}/waivers"
    for foreign in (
        f"{path}/{theirs['id']}/signatures",
        f"/api/v1/members/{other['id']}/waivers/{waiver['id']}/signatures",
    ):
        assert (await http.post(foreign, json=body)).status_code == 404
    given = await http.post(f"{path}/{waiver['id']}/signatures", json=body)
    assert given.status_code == 201, given.text
    assert given.json()["channel"] == "online"
    (found,) = (await http.get(path)).json()["items"]
    assert (found["state"], len(found["signatures"])) == ("signed", 1)


@pytest.mark.parametrize("table", [waiver_tables.waiver_version, waiver_tables.waiver_signature])
async def test_what_was_published_and_signed_cannot_be_changed(gym: Any, table: Any) -> None:
    await sign(gym, await gym.member(), await published(gym))
    async with gym.runtime.begin(SERVICE) as uow:
        assert (await uow.connection.execute(select(table))).all()
        changed = await uow.connection.execute(update(table).values(number=7))
        deleted = await uow.connection.execute(delete(table))
        assert (changed.rowcount, deleted.rowcount) == (0, 0)


async def test_signatures_follow_a_merge(gym: Any) -> None:
    member, twin = await gym.member(), await gym.member()
    await sign(gym, twin, await published(gym))
    body = {"duplicate_id": twin["id"]}
    told = await gym.post(f"/members/{member['id']}/merge", body, expect=200)
    assert told["moved"]["signatures"] == 1
    assert await standing(gym, member) == ("signed", False, None)
