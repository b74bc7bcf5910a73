"""What goes wrong on purpose: at the chosen call, before or after its effect, and then no more."""

import asyncio

import httpx
import pytest
import stripe

from sandbox.stripe.harness import Sandbox, refusal

KINDS = {
    "error": stripe.APIError,
    "rate_limit": stripe.RateLimitError,
    "close": stripe.APIConnectionError,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", ["false", "true"])
async def test_the_call_fails_before_or_after_its_effect_and_the_next_one_does_not(
    sandbox: Sandbox, kind: str, after: str
) -> None:
    customers = sandbox.client.v1.customers
    assert (await sandbox.fail(kind, after_effect=after)).status_code == 200
    once = {"idempotency_key": "k", "max_network_retries": 0}
    error = await refusal(customers.create_async({"name": "Ada"}, once))
    assert type(error) is KINDS[kind]
    left_behind = (await customers.list_async()).data
    assert len(left_behind) == (after == "true")
    again = await customers.create_async({"name": "Ada"}, once)
    assert len((await customers.list_async()).data) == 1
    assert [each.id for each in left_behind] in ([], [again.id])


async def test_silence_lasts_until_the_caller_gives_up(sandbox: Sandbox) -> None:
    await sandbox.fail("silence", after_effect="true")
    with pytest.raises(httpx.ReadTimeout):
        await sandbox.browser.post(
            f"{sandbox.base}/v1/customers",
            headers={"Authorization": "Bearer sk_test_sandbox"},
            timeout=0.5,
        )
    assert len((await sandbox.client.v1.customers.list_async()).data) == 1


async def test_a_rate_limit_says_when_to_come_again(sandbox: Sandbox) -> None:
    await sandbox.fail("rate_limit", retry_after="7")
    answer = await sandbox.browser.get(f"{sandbox.base}/v1/customers")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["code"] == "rate_limit"
    assert answer.headers["request-id"].startswith("req_")


async def test_only_the_chosen_calls_go_wrong(sandbox: Sandbox) -> None:
    customers = sandbox.client.v1.customers
    await sandbox.fail("error", method="POST", path="/v1/customers/*", skip="1", times="2")
    made = await customers.create_async({})
    once = {"max_network_retries": 0}
    outcomes = []
    for _ in range(4):
        try:
            await customers.update_async(made.id, {"name": "x"}, once)
            outcomes.append("done")
        except stripe.APIError:
            outcomes.append("failed")
        await customers.retrieve_async(made.id)
    assert outcomes == ["done", "failed", "failed", "done"]


async def test_the_librarys_own_retry_gets_over_a_lost_answer(sandbox: Sandbox) -> None:
    await sandbox.fail("close", after_effect="true")
    made = await sandbox.client.v1.customers.create_async({}, {"max_network_retries": 1})
    assert [each.id for each in (await sandbox.client.v1.customers.list_async()).data] == [made.id]


async def test_plans_are_checked_and_can_be_given_up(sandbox: Sandbox) -> None:
    assert (await sandbox.fail("explosion")).status_code == 400
    assert (await sandbox.fail("error", times="0")).status_code == 400
    no_key = await sandbox.browser.post(f"{sandbox.base}/faults", data={"kind": "error"})
    assert no_key.status_code == 401
    planned = await sandbox.fail("error")
    assert [each["kind"] for each in planned.json()["data"]] == ["error"]
    given_up = await sandbox.browser.delete(
        f"{sandbox.base}/faults", headers={"Authorization": "Bearer sk_test_sandbox"}
    )
    assert given_up.json()["data"] == []
    await asyncio.gather(*(sandbox.client.v1.customers.create_async({}) for _ in range(3)))
