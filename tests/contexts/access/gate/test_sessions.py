"""Device sessions: a signature for a token."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contexts.access.gate.world import Reader, World, base64url, bearer
from gymhopper.contexts.access.gate.ports import SESSION
from gymhopper.contexts.access.gate.sessions import session_hash, signed_message


async def test_a_session_lasts_an_hour_and_is_stored_as_a_hash(world: World) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    token = reader.token.encode()
    (stored,) = await world.store.state.fetch(SESSION + session_hash(token))
    assert stored is not None
    assert token not in stored
    world.later(minutes=59, seconds=59)
    assert (await world.post_scan(reader, member)).status_code == 200
    world.later(seconds=1)
    assert (await world.post_scan(reader, member)).status_code == 401


async def test_a_challenge_works_once(world: World) -> None:
    reader = await world.reader(await world.door(), signed_in=False)
    body = await world.challenge(reader)
    assert (await world.http.post("/access/sessions", json=body)).status_code == 201
    assert (await world.http.post("/access/sessions", json=body)).status_code == 401


async def test_a_challenge_runs_out_after_a_minute(world: World) -> None:
    reader = await world.reader(await world.door(), signed_in=False)
    body = await world.challenge(reader)
    world.later(minutes=1)
    assert (await world.http.post("/access/sessions", json=body)).status_code == 401


@pytest.mark.parametrize("wrong", ["key", "nonce", "signature", "garbage", "device"])
async def test_a_challenge_that_is_answered_wrongly_opens_nothing(world: World, wrong: str) -> None:
    door = await world.door()
    reader = await world.reader(door, signed_in=False)
    other = await world.reader(door, signed_in=False)
    body = await world.challenge(reader)
    if wrong == "key":
        stolen = Reader(reader.device_id, Ed25519PrivateKey.generate(), reader.doors)
        body = await world.challenge(stolen)
    elif wrong == "nonce":
        body["nonce"] = "A" + body["nonce"][1:] if body["nonce"][0] != "A" else "B"
    elif wrong == "signature":
        body["signature"] = (await world.challenge(reader))["signature"]
    elif wrong == "garbage":
        body["signature"] = "%%%"
    else:
        body["device_id"] = str(other.device_id)
    answer = await world.http.post("/access/sessions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_challenge_that_the_device_made_itself_opens_nothing(world: World) -> None:
    """Else a signature that was overheard once would serve for ever."""
    reader = await world.reader(await world.door(), signed_in=False)
    far_future = (2**62).to_bytes(8, "big")
    nonce = base64url(far_future + b"r" * 16 + b"p" * 16)
    signature = reader.key.sign(signed_message(reader.device_id, nonce))
    body = {"device_id": str(reader.device_id), "nonce": nonce, "signature": base64url(signature)}
    assert (await world.http.post("/access/sessions", json=body)).status_code == 401


async def test_an_unknown_device_is_told_nothing_by_the_challenge(world: World) -> None:
    ghost = Reader(
        (await world.reader(signed_in=False)).device_id, Ed25519PrivateKey.generate(), []
    )
    await world.put("device", ghost.device_id.bytes, None)
    body = await world.challenge(ghost)
    assert (await world.http.post("/access/sessions", json=body)).status_code == 401


async def test_a_device_that_is_switched_off_is_forbidden_at_once(world: World) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    await world.put_reader(reader, enabled=False)
    assert (await world.post_scan(reader, member)).status_code == 403
    body = await world.challenge(reader)
    assert (await world.http.post("/access/sessions", json=body)).status_code == 403


@pytest.mark.parametrize("what", ["removed", "new key"])
async def test_sessions_end_with_the_device_or_its_key(world: World, what: str) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    if what == "removed":
        await world.put("device", reader.device_id.bytes, None)
    else:
        reader.key = Ed25519PrivateKey.generate()
        await world.put_reader(reader)
    assert (await world.post_scan(reader, member)).status_code == 401


async def test_a_door_of_another_device_is_not_found(world: World) -> None:
    mine, foreign = await world.door(), await world.door()
    reader = await world.reader(mine)
    member = await world.member(await world.grant())
    answer = await world.post_scan(reader, member, foreign)
    assert (answer.status_code, answer.json()["field"]) == (404, "door_id")


async def test_a_device_with_several_doors_says_which(world: World) -> None:
    doors = [await world.door(), await world.door()]
    reader = await world.reader(*doors)
    member = await world.member(await world.grant())
    silent = await world.post_scan(reader, member)
    assert (silent.status_code, silent.json()["field"]) == (422, "door_id")
    assert (await world.scan(reader, member, doors[1]))["door_id"] == str(doors[1])


async def test_a_device_that_moves_to_another_door_speaks_for_that_one(world: World) -> None:
    old, new = await world.door(), await world.door()
    reader = await world.reader(old)
    member = await world.member(await world.grant())
    assert (await world.scan(reader, member))["door_id"] == str(old)
    reader.doors = [new]
    await world.put_reader(reader)
    assert (await world.scan(reader, member))["door_id"] == str(new)


@pytest.mark.parametrize("header", [{}, {"authorization": "Basic eA=="}, bearer("nobody's")])
async def test_without_a_live_session_nothing_is_answered(
    world: World, header: dict[str, str]
) -> None:
    scan = {"request_id": "1", "credential": {"type": "card", "value": "1"}}
    answer = await world.http.post("/access/checkin", json=scan, headers=header)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert await world.store.journal() == []
