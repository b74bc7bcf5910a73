"""A scan from the request to the journal."""

from contexts.access.gate.world import World


async def test_a_member_with_a_grant_is_let_in(world: World) -> None:
    door = await world.door()
    reader = await world.reader(door)
    member = await world.member(await world.grant())

    answer = await world.scan(reader, member)

    assert (answer["decision"], answer["code"], answer["open"]) == ("allow", "ALLOWED", True)
    assert answer["door_id"] == str(door)
    assert answer["person_id"] == str(member.person_id)
    (entry,) = await world.store.journal()
    assert entry.person_id == member.person_id.bytes
    assert entry.counted
