"""Webhooks that arrive together share a transaction, and none of them notices."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from contexts.billing.till import Till
from gymhopper.contexts.billing.domain.notification import Notification, Subject
from gymhopper.contexts.billing.usecases import receive_webhook as usecase
from gymhopper.contexts.billing.usecases.receive_webhook import Arrival, receive_webhook


def arrival(number: int, *, followed: bool = True) -> Arrival:
    return Arrival(
        source="stripe",
        body=b"\x00raw \\ bytes %d" % number,
        correlation=f"cause-{number}",
        notification=Notification(
            event_id=f"evt_{number}",
            type="customer.subscription.updated" if followed else 'product."created"',
            api_version=None,
            account=None,
            lock=f"sub_{number}",
            subject=Subject("subscription", f"sub_{number}") if followed else None,
        ),
    )


async def take(till: Till, *several: Arrival) -> list[bool]:
    return list(await asyncio.gather(*(receive_webhook(till.runtime, each) for each in several)))


JOBS = (
    "SELECT lock, args->>'webhook_event_id' AS event, args->>'correlation' AS correlation"
    " FROM jobs.procrastinate_jobs WHERE task_name = 'billing.apply_webhook' ORDER BY id"
)


async def test_many_at_once_are_each_kept_with_a_job_of_their_own(till: Till) -> None:
    several = [arrival(number) for number in range(20)]
    assert await take(till, *several) == [True] * 20
    kept = await till.rows(
        "SELECT id, event_id, body, state FROM billing.webhook_event ORDER BY id"
    )
    assert [(row["id"], bytes(row["body"])) for row in kept] == [
        (each.id, each.body) for each in several
    ]
    jobs = await till.rows(JOBS)
    assert [(UUID(job["event"]), job["lock"], job["correlation"]) for job in jobs] == [
        (each.id, f"stripe:sub_{number}", f"cause-{number}") for number, each in enumerate(several)
    ]


async def test_doubles_among_them_are_known_and_get_no_job(till: Till) -> None:
    await take(till, arrival(1))
    found = await take(till, arrival(2), arrival(1), arrival(2), arrival(3, followed=False))
    assert found == [True, False, False, True]
    assert len(await till.rows(JOBS)) == 2
    kept = await till.rows("SELECT event_id, state FROM billing.webhook_event ORDER BY event_id")
    assert [row["state"] for row in kept] == ["received", "received", "ignored"]


async def test_they_share_a_transaction_while_one_is_on_its_way(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    real = usecase.keep_webhooks

    async def counted(uow: Any, arrivals: Any) -> set[UUID]:
        sizes.append(len(arrivals))
        return await real(uow, arrivals)

    monkeypatch.setattr(usecase, "keep_webhooks", counted)
    await take(till, *(arrival(number) for number in range(9)))
    assert sum(sizes) == 9
    assert len(sizes) <= 3


async def test_when_writing_fails_only_the_one_who_wrote_hears_of_it(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = usecase.keep_webhooks, []

    async def failing(uow: Any, arrivals: Any) -> set[UUID]:
        tries.append(len(arrivals))
        new = await real(uow, arrivals)
        if len(tries) == 1:
            raise OSError("the database went away before the commit")
        return new

    monkeypatch.setattr(usecase, "keep_webhooks", failing)
    answers = await asyncio.gather(
        *(receive_webhook(till.runtime, arrival(number)) for number in range(5)),
        return_exceptions=True,
    )
    assert [type(each) for each in answers] == [OSError, bool, bool, bool, bool]
    # What failed was not answered for: the provider sends it again, and it is known by then or not.
    again = await take(till, arrival(0))
    assert len(await till.rows("SELECT 1 FROM billing.webhook_event")) == 5
    assert len(await till.rows(JOBS)) == 5
    assert again in ([True], [False])
