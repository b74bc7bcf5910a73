"""Doors and devices are changed by those who work there, not by those of another location."""

from fixtures.access_world import LOCATION, World


async def test_a_location_is_furnished_by_those_who_work_there(furnished_world: World) -> None:
    client = furnished_world.client
    location = str(LOCATION.location_id)

    async def call(method: str, path: str, body: object, by: str) -> tuple[int, dict[str, str]]:
        headers = {"Authorization": f"Bearer {by}"}
        answer = await client.request(method, path, json=body, headers=headers)
        return answer.status_code, answer.json()

    _, door = await call("POST", "/doors", {"location_id": location, "name": "Side"}, "here")
    expected = {"location_id": location, "name": "Reader", "door_ids": [door["id"]]}
    _, device = await call("POST", "/devices", expected, "here")
    for method, path, body in (
        ("POST", "/areas", {"location_id": location, "name": "Pool"}),
        ("POST", "/doors", {"location_id": location, "name": "Back"}),
        ("POST", "/devices", expected),
        ("PATCH", f"/doors/{door['id']}", {"mode": "lockdown"}),
        ("POST", f"/devices/{device['id']}/disable", None),
    ):
        status, refused = await call(method, path, body, "elsewhere")
        assert (status, refused["code"]) == (403, "not_your_place"), path
        assert (await call(method, path, body, "here"))[0] in {200, 201}, path
