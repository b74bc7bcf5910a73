"""`gymhopper payments` as an operator meets it."""

import json
from functools import partial

import pytest

from app.conftest import Run
from contexts.billing.conftest import till
from contexts.billing.till import Till
from gymhopper.contexts.billing.usecases import apply_webhook
from gymhopper.kernel.errors import NotFound, Unavailable

__all__ = ["till"]


@pytest.fixture
def payments(command: Run) -> Run:
    return partial(command, "payments")


async def test_webhooks_are_listed_by_their_state(till: Till, payments: Run) -> None:
    await till.subscribe()
    listed = await payments("events", "--json")
    assert listed.exit_code == 0, listed.output
    everything = json.loads(listed.stdout)
    handled = json.loads((await payments("events", "--state", "handled", "--json")).stdout)
    assert {each["state"] for each in everything} == {"handled", "ignored"}
    assert {each["state"] for each in handled} == {"handled"}
    assert "body" not in everything[0]
    shown = (await payments("events", "--limit", "1")).stdout
    assert everything[0]["event_id"] in shown
    assert everything[1]["event_id"] not in shown


async def test_webhooks_that_were_given_up_are_applied_again(
    till: Till, payments: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = till.sell()
    await till.pay(purchase)

    async def down(*_: object) -> None:
        raise Unavailable("The payment provider cannot be reached now.")

    await till.deliver()
    await till.rows("UPDATE billing.webhook_event SET attempts = 99 RETURNING id")
    with monkeypatch.context() as broken:
        broken.setattr(apply_webhook, "fetch_snapshot", down)
        await till.work()
    assert json.loads((await payments("events", "--state", "dead", "--json")).stdout)
    replayed = await payments("replay", "--dead")
    assert "will be applied again" in replayed.stdout, replayed.output
    await till.settle()
    assert json.loads((await payments("events", "--state", "dead", "--json")).stdout) == []
    shown = (await till.get(f"/memberships/{purchase.membership_id}")).json()
    assert shown["subscription"]["status"] == "active"
    assert "No webhook was given up." in (await payments("replay", "--dead")).stdout


async def test_a_webhook_is_named_by_either_id_and_an_unknown_one_stops_all(
    till: Till, payments: Run
) -> None:
    await till.subscribe()
    first, second, *_ = json.loads((await payments("events", "--json")).stdout)
    done = await payments("replay", first["id"], second["event_id"], first["event_id"])
    assert "2 webhooks will be applied" in done.stdout, done.output
    refused = await payments("replay", first["id"], "evt_unknown")
    assert isinstance(refused.exception, NotFound)
    assert (await payments("replay")).exit_code == 2
    assert (await payments("replay", first["id"], "--dead")).exit_code == 2


async def test_a_comparison_says_by_its_exit_status_whether_somebody_has_to_look(
    till: Till, payments: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GYMHOPPER_PORT", till.runtime.url.rpartition(":")[2])
    await till.subscribe()
    agreed = await payments("reconcile")
    assert agreed.exit_code == 0, agreed.output
    assert "1 compared: 0 repaired, 0 ours alone, 0 the provider's alone, 0 fai" in agreed.stdout
    await till.rows("UPDATE billing.subscription SET provider_id = 'sub_gone' RETURNING id")
    differs = await payments("reconcile", "--json")
    assert differs.exit_code == 3
    found = json.loads(differs.stdout)
    assert found["stage"] == "done"
    assert {each["verdict"] for each in found["findings"]} == {"ours_alone", "failed"}
    monkeypatch.setenv("GYMHOPPER_PORT", "1")
    assert isinstance((await payments("reconcile")).exception, Unavailable)
