"""Registered endpoints are told of what they asked for, beside the platform's own route."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from stripe import WebhookEndpoint

from sandbox.stripe import openapi
from sandbox.stripe.harness import Sandbox, refusal


async def register(sandbox: Sandbox, name: str, **changes: Any) -> WebhookEndpoint:
    return await sandbox.client.v1.webhook_endpoints.create_async(
        {"url": f"{sandbox.runtime.url}/elsewhere/{name}", "enabled_events": ["*"], **changes}
    )


def told(sandbox: Sandbox, name: str, secret: str | None) -> list[str]:
    """The types of what arrived at an endpoint, whose signatures fit."""
    return [
        stripe.Webhook.construct_event(body, header, str(secret), tolerance=None).type
        for to, body, header in sandbox.receiver.elsewhere
        if to == name
    ]


async def test_an_endpoint_gets_what_it_asked_for_signed_with_its_own_secret(
    sandbox: Sandbox,
) -> None:
    everything = await register(sandbox, "all")
    some = await register(sandbox, "some", enabled_events=["customer.updated", "invoice.paid"])
    assert everything.secret != some.secret
    customer = await sandbox.client.v1.customers.create_async({})
    await sandbox.client.v1.customers.update_async(customer.id, {"name": "Ada"})
    page = await sandbox.client.v1.events.list_async({"type": "customer.updated"})
    assert page.data[0].pending_webhooks == 3
    at_platform = [event["type"] for event in await sandbox.deliver()]
    assert at_platform == ["customer.created", "customer.updated"]
    assert told(sandbox, "all", everything.secret) == at_platform
    assert told(sandbox, "some", some.secret) == ["customer.updated"]
    event = await sandbox.client.v1.events.retrieve_async(page.data[0].id)
    assert event.pending_webhooks == 0


async def test_the_secret_is_shown_once(sandbox: Sandbox) -> None:
    made = await register(sandbox, "all", description="Books", metadata={"a": "b"})
    assert str(made.secret).startswith("whsec_")
    assert not list(openapi.problems(made.to_dict()))
    endpoints = sandbox.client.v1.webhook_endpoints
    found = (await endpoints.retrieve_async(made.id)).to_dict()
    assert "secret" not in found
    assert not list(openapi.problems(found))
    assert [each.to_dict() for each in (await endpoints.list_async()).data] == [found]


async def test_a_disabled_endpoint_is_not_told_and_an_enabled_one_is_again(
    sandbox: Sandbox,
) -> None:
    endpoints = sandbox.client.v1.webhook_endpoints
    made = await register(sandbox, "all")
    await sandbox.client.v1.customers.create_async({})
    changed = await endpoints.update_async(
        made.id, {"disabled": True, "enabled_events": ["customer.created"]}
    )
    assert (changed.status, changed.enabled_events) == ("disabled", ["customer.created"])
    await sandbox.client.v1.customers.create_async({})
    await sandbox.deliver()
    assert told(sandbox, "all", made.secret) == []
    await endpoints.update_async(made.id, {"disabled": False})
    await sandbox.client.v1.customers.create_async({})
    await sandbox.deliver()
    assert told(sandbox, "all", made.secret) == ["customer.created"]


async def test_a_deleted_endpoint_is_gone_with_what_was_on_its_way(sandbox: Sandbox) -> None:
    endpoints = sandbox.client.v1.webhook_endpoints
    made = await register(sandbox, "all")
    await sandbox.client.v1.customers.create_async({})
    gone = await endpoints.delete_async(made.id)
    assert gone.to_dict() == {"id": made.id, "object": "webhook_endpoint", "deleted": True}
    assert len(await sandbox.deliver()) == 1
    assert sandbox.receiver.elsewhere == []
    assert (await refusal(endpoints.retrieve_async(made.id))).http_status == 404
    event = (await sandbox.client.v1.events.list_async()).data[0]
    assert event.pending_webhooks == 0


async def test_an_endpoint_that_refuses_is_tried_again_while_the_other_is_done(
    sandbox: Sandbox,
) -> None:
    made = await register(sandbox, "all")
    sandbox.receiver.answers = iter([202, 500, 202]).__next__
    await sandbox.client.v1.customers.create_async({})
    assert len(await sandbox.deliver()) == 1
    sandbox.clock.advance(timedelta(seconds=1))
    assert await sandbox.deliver() == []
    assert told(sandbox, "all", made.secret) == ["customer.created"] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"enabled_events": []},
        {"enabled_events": ["everything"]},
        {"url": "ftp://a"},
        {"api_version": "2020-08-27"},
    ],
)
async def test_a_bad_endpoint_is_refused(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    error = await refusal(register(sandbox, "all", **changes))
    assert (error.http_status, str(error.json_body["error"]["param"]).partition("[")[0]) == (
        400,
        next(iter(changes)),
    )
