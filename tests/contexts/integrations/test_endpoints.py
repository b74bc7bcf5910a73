"""Endpoints over HTTP: who may have them, what they may be, and what nobody sees of them."""

import asyncio
import logging
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select, text

from contexts.integrations.conftest import REGISTERED, Gym, Town
from contexts.integrations.receiver import Receiver
from fixtures.callers import callers_context, http_client, staff_of
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from fixtures.schema import differences
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.integrations.context import context as integrations
from gymhopper.contexts.integrations.domain.endpoint import MOST_ENDPOINTS
from gymhopper.contexts.integrations.domain.errors import TooManyEndpoints
from gymhopper.contexts.integrations.storage.tables import metadata
from gymhopper.contexts.integrations.usecases.create_endpoint import (
    CreateEndpoint,
    create_endpoint,
)
from gymhopper.contracts.identity.api import Caller
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


def test_the_tables_equal_what_the_migrations_make(database: TestDatabase) -> None:
    assert differences(database, metadata) == []


async def test_an_endpoint_is_made_shown_changed_and_deleted(
    town: Town, receiver: Receiver
) -> None:
    made = await town.ours.endpoint(receiver.url, REGISTERED, REGISTERED)
    assert made["event_types"] == [REGISTERED]
    assert made["secret"].startswith("whsec_")
    shown = await town.ours.show(made)
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    listed = await town.ours.send("GET", "/webhook-endpoints")
    assert listed["items"] == [shown]

    changed = await town.ours.change(made, description="Newsletter", event_types=["*"])
    assert (changed["description"], changed["event_types"]) == ("Newsletter", ["*"])
    assert changed["url"] == made["url"]
    await town.ours.send("DELETE", f"/webhook-endpoints/{made['id']}", expect=204)
    await town.ours.send("GET", f"/webhook-endpoints/{made['id']}", expect=404)


async def test_lists_come_in_pages(town: Town, receiver: Receiver) -> None:
    for _ in range(3):
        last = await town.ours.endpoint(receiver.url, REGISTERED)
    for _ in range(3):
        await town.ours.register()
    await town.deliver()
    for path in ("/webhook-endpoints", f"/webhook-endpoints/{last['id']}/deliveries"):
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (
                await town.ours.client.get(f"/api/v1{path}", params={"limit": "2", **cursor})
            ).json()
            seen += [each["id"] for each in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert len(seen) == len(set(seen)) == 3
        assert seen == sorted(seen, reverse="deliveries" in path)
    failed = await town.ours.log(last, status="failed")
    assert failed == []


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"url": "https://10.0.0.7:22:1/"}, "webhook_target_refused", "url"),
        ({"url": "http://example.com/"}, "webhook_target_refused", "url"),
        ({"url": "https://no-such-name.invalid/"}, "webhook_target_refused", "url"),
        ({"url": ""}, "invalid_input", "url"),
        ({"url": "x" * 1001}, "invalid_input", "url"),
        ({"url": 7}, "invalid_input", "url"),
        ({"event_types": []}, "invalid_input", "event_types"),
        ({"event_types": ["no.such.event.v1"]}, "unknown_event_type", "event_types"),
        ({"event_types": ["ping"]}, "unknown_event_type", "event_types"),
        ({"event_types": ["\x00"]}, "unknown_event_type", "event_types"),
        ({"description": "a\x00b"}, "invalid_input", "description"),
        ({"description": "x" * 201}, "invalid_input", "description"),
        ({"secret": "whsec_mine"}, "invalid_input", "secret"),
    ],
)
async def test_bad_input_is_refused_with_the_field_at_fault(
    town: Town, receiver: Receiver, change: dict[str, object], code: str, field: str
) -> None:
    good = {"url": receiver.url, "event_types": ["*"]}
    refused = await town.ours.send("POST", "/webhook-endpoints", good | change, expect=422)
    assert (refused["code"], refused["field"]) == (code, field)
    made = await town.ours.endpoint(receiver.url)
    path = f"/webhook-endpoints/{made['id']}"
    refused = await town.ours.send("PATCH", path, change, expect=422)
    assert (refused["code"], refused["field"]) == (code, field)
    assert await town.ours.show(made) == {k: v for k, v in made.items() if k != "secret"}


async def test_a_stale_change_is_refused(town: Town, receiver: Receiver) -> None:
    made = await town.ours.endpoint(receiver.url)
    path = f"/api/v1/webhook-endpoints/{made['id']}"
    seen = (await town.ours.client.get(path)).headers["etag"]
    await town.ours.change(made, description="changed meanwhile")
    stale = {"If-Match": seen}
    requests = (
        town.ours.client.patch(path, json={"description": "late"}, headers=stale),
        town.ours.client.delete(path, headers=stale),
        town.ours.client.post(f"{path}/secret/rotate", json={"overlap_hours": 1}, headers=stale),
    )
    for refused in await asyncio.gather(*requests):
        assert (refused.status_code, refused.json()["code"]) == (412, "version_mismatch")
    assert (await town.ours.show(made))["description"] == "changed meanwhile"


async def test_a_repeated_creation_makes_one_endpoint_and_shows_its_secret_again(
    town: Town, receiver: Receiver
) -> None:
    body = {"url": receiver.url, "event_types": ["*"]}
    first, second = [
        # Each request in a task of its own, as a server has it.
        await asyncio.create_task(
            town.ours.client.post(
                "/api/v1/webhook-endpoints", json=body, headers={"Idempotency-Key": "once"}
            )
        )
        for _ in range(2)
    ]
    assert first.json() == second.json()
    assert len((await town.ours.send("GET", "/webhook-endpoints"))["items"]) == 1


async def test_a_test_with_a_key_holds_no_transaction_while_the_receiver_takes_its_time(
    town: Town, receiver: Receiver
) -> None:
    made = await town.ours.endpoint(receiver.url)
    receiver.hold = asyncio.Event()
    receiver.called.clear()
    path = f"/api/v1/webhook-endpoints/{made['id']}/test"
    sending = asyncio.create_task(town.ours.client.post(path, headers={"Idempotency-Key": "try"}))
    async with asyncio.timeout(10):
        await receiver.called.wait()
    # The endpoint's row is free.
    async with asyncio.timeout(5):
        await town.ours.change(made, description="changed meanwhile")
    receiver.hold.set()
    assert (await sending).json()["status"] == "delivered"
    again = await asyncio.create_task(
        town.ours.client.post(path, headers={"Idempotency-Key": "try"})
    )
    assert again.json() == (await sending).json()
    assert len(receiver.received) == 1


async def test_an_organisation_has_twenty_endpoints_at_most(town: Town, receiver: Receiver) -> None:
    for _ in range(MOST_ENDPOINTS):
        await town.ours.endpoint(receiver.url)
    body = {"url": receiver.url, "event_types": ["*"]}
    refused = await town.ours.send("POST", "/webhook-endpoints", body, expect=409)
    assert refused["code"] == "too_many_webhook_endpoints"
    assert await town.theirs.endpoint(receiver.url)


async def test_two_that_are_made_at_once_do_not_both_become_the_twentieth(
    town: Town, receiver: Receiver
) -> None:
    for _ in range(MOST_ENDPOINTS - 1):
        await town.ours.endpoint(receiver.url)
    command = CreateEndpoint(
        organisation_id=town.ours.organisation_id,
        url=receiver.url,
        description="",
        event_types=("*",),
    )

    async def another() -> None:
        async with town.runtime.begin(SERVICE) as uow:
            await create_endpoint(uow, command)

    async with town.runtime.begin(SERVICE) as uow:
        await create_endpoint(uow, command)
        second = asyncio.create_task(another())
        # It must wait for the first; without end, if that never ended.
        done, _ = await asyncio.wait({second}, timeout=0.5)
        assert not done
    with pytest.raises(TooManyEndpoints):
        await second


async def test_a_secret_is_stored_sealed_and_never_logged(
    town: Town,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await town.ours.endpoint(receiver.url + "/token-in-path", REGISTERED)
    await town.ours.send("GET", f"/webhook-endpoints/{made['id']}/secret")
    await town.ours.register()
    receiver.status = 500
    await town.deliver()
    async with town.runtime.read(SERVICE) as connection:
        rows = await connection.execute(text("SELECT e::text FROM integrations.endpoint AS e"))
        events = await connection.execute(text("SELECT e::text FROM bus.event AS e"))
        stored = "".join([*rows.scalars(), *events.scalars()])
    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "/api/v1/webhook-endpoints" in logged
    secret = made["secret"].removeprefix("whsec_")
    assert secret not in stored
    assert secret not in logged
    assert "token-in-path" not in logged


async def furnished(gym: Gym, receiver: Receiver) -> dict[str, str]:
    """A row of the gym's in every table; gives the ids."""
    endpoint = await gym.endpoint(receiver.url, REGISTERED)
    await gym.register()
    return {"endpoint": endpoint["id"]}


async def test_tables_without_any_filter_show_nobody_elses_rows(
    town: Town, receiver: Receiver
) -> None:
    for gym in (town.ours, town.theirs):
        await furnished(gym, receiver)
    await town.deliver()
    subjects = {
        town.ours.organisation_id: AuthSubject(
            kind="staff", organisation_id=town.ours.organisation_id
        ),
        new_id(): AuthSubject(kind="staff", organisation_id=new_id()),
        None: AuthSubject(kind="member", person_id=new_id(), within=(town.ours.organisation_id,)),
    }
    for table in metadata.tables.values():
        for organisation_id, subject in subjects.items():
            async with town.runtime.read(subject) as connection:
                found = (await connection.execute(select(table))).all()
            assert bool(found) == (organisation_id == town.ours.organisation_id), table.name
            assert {each.organisation_id for each in found} <= {organisation_id}


async def test_a_foreign_endpoint_or_delivery_reads_as_if_there_were_none(
    town: Town, receiver: Receiver
) -> None:
    theirs = await furnished(town.theirs, receiver)
    await town.deliver()
    (delivery,) = await town.theirs.log({"id": theirs["endpoint"]})
    sent = len(receiver.received)
    stretch = {"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/webhook-endpoints/{}", None),
        ("GET", "/webhook-endpoints/{}/health", None),
        ("PATCH", "/webhook-endpoints/{}", {"description": "mine"}),
        ("GET", "/webhook-endpoints/{}/secret", None),
        ("POST", "/webhook-endpoints/{}/secret/rotate", {"overlap_hours": 0}),
        ("GET", "/webhook-endpoints/{}/deliveries", None),
        ("POST", "/webhook-endpoints/{}/replay", stretch),
        ("POST", "/webhook-endpoints/{}/test", None),
        ("DELETE", "/webhook-endpoints/{}", None),
        ("GET", "/webhook-deliveries/{}", None),
        ("POST", "/webhook-deliveries/{}/replay", None),
    ]
    for method, path, body in requests:
        foreign = delivery["id"] if "deliveries/" in path else theirs["endpoint"]
        answers = [
            await town.ours.send(method, path.format(each), body, expect=404)
            for each in (foreign, uuid4())
        ]
        assert answers[0]["detail"] == answers[1]["detail"]
    assert (await town.ours.send("GET", "/webhook-endpoints"))["items"] == []
    await town.send_due()
    assert len(receiver.received) == sent
    named = {
        "url": receiver.url,
        "event_types": ["*"],
        "organisation_id": str(town.theirs.organisation_id),
    }
    await town.ours.send("POST", "/webhook-endpoints", named, expect=404)


async def test_an_organisation_is_told_of_its_own_events_only(
    town: Town, receiver: Receiver
) -> None:
    await town.ours.endpoint(receiver.url)
    await town.theirs.register()
    await town.deliver()
    assert not [each for each in receiver.received if REGISTERED.encode() in each.body]


async def test_a_platform_administrator_says_for_whom(town: Town, receiver: Receiver) -> None:
    body = {"url": receiver.url, "event_types": ["*"]}
    refused = await town.admin.post("/api/v1/webhook-endpoints", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, "organisation_id")
    body["organisation_id"] = str(town.ours.organisation_id)
    made = await town.admin.post("/api/v1/webhook-endpoints", json=body)
    assert made.status_code == 201
    assert (await town.ours.show(made.json()))["id"] == made.json()["id"]


def limited_to(**limits: object) -> Caller:
    return Caller(kind="staff", id=new_id(), organisation_id=new_id(), scopes=("*",), **limits)


@pytest.mark.parametrize("limit", ["location_id", "legal_entity_id"])
async def test_whoever_works_for_a_part_of_the_organisation_has_no_webhooks(
    new_runtime: NewRuntime, limit: str
) -> None:
    here = limited_to(**{limit: new_id()})
    runtime = await new_runtime([callers_context(here=here), integrations])
    body = {"url": "https://hooks.example.com/", "event_types": ["*"]}
    async with http_client(runtime, token="here") as client:
        for method, path in (
            ("POST", ""),
            ("GET", ""),
            ("GET", f"/{uuid4()}/secret"),
            ("GET", f"/{uuid4()}/deliveries"),
            ("POST", f"/{uuid4()}/test"),
        ):
            refused = await client.request(
                method, f"/api/v1/webhook-endpoints{path}", json=body if method == "POST" else None
            )
            assert (refused.status_code, refused.json()["code"]) == (403, "not_your_place")


async def test_reading_the_secret_takes_the_right_to_write(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime(
        [callers_context(reader=staff_of(new_id(), "webhooks:read")), integrations]
    )
    async with http_client(runtime, token="reader") as client:
        assert (await client.get("/api/v1/webhook-endpoints")).status_code == 200
        assert (await client.get("/api/v1/webhook-event-types")).status_code == 200
        for method, path in (("GET", "secret"), ("POST", "test"), ("PATCH", "")):
            refused = await client.request(
                method, f"/api/v1/webhook-endpoints/{uuid4()}/{path}".rstrip("/"), json={}
            )
            assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_what_can_be_chosen_is_listed_with_schema_and_example(town: Town) -> None:
    items = (await town.ours.send("GET", "/webhook-event-types"))["items"]
    found = {each["type"]: each for each in items}
    assert found[REGISTERED]["data_schema"]["$defs"]["MemberRegistered"]["properties"]
    assert found[REGISTERED]["example"]["type"] == REGISTERED
    assert "ping" not in found


async def test_a_disabled_endpoint_says_since_when(
    town: Town, receiver: Receiver, clock: ManualClock
) -> None:
    made = await town.ours.endpoint(receiver.url)
    clock.advance(timedelta(minutes=1))
    for _ in range(2):
        off = await town.ours.change(made, status="disabled")
        assert off["disabled_reason"] == "by_hand"
        assert off["disabled_at"] == "2026-03-02T09:01:00Z"
        clock.advance(timedelta(minutes=1))
    on = await town.ours.change(made, status="enabled")
    assert (on["disabled_reason"], on["disabled_at"]) == (None, None)


async def test_without_a_token_nothing_is_told(town: Town) -> None:
    async with http_client(town.runtime) as stranger:
        answer: httpx.Response = await stranger.get("/api/v1/webhook-endpoints")
    assert answer.status_code == 401
