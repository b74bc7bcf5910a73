"""No number of a series is ever missing or given twice."""

import asyncio
import random
from contextlib import suppress

import pytest

from contexts.billing.shop import Shop
from fixtures.runtimes import NewRuntime
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.domain.numbering import PrefixTaken, check_prefix, number
from gymhopper.contexts.billing.domain.seller import Numbering
from gymhopper.contexts.billing.usecases.issue_invoice import issue_invoice
from gymhopper.kernel.errors import InvalidInput


class Cancelled(Exception):
    """Something else of the transaction went wrong."""


@pytest.fixture
async def shop(new_runtime: NewRuntime) -> Shop:
    shop = Shop(await new_runtime([billing], pool_size=16))
    await shop.open()
    return shop


async def numbers(shop: Shop) -> list[str]:
    return [n for (n,) in await shop.rows("SELECT number FROM billing.document ORDER BY number")]


async def test_fifty_who_issue_at_once_leave_no_gap_though_some_fail_at_the_last_moment(
    shop: Shop,
) -> None:
    chance = random.Random(7)

    async def issue(fails: str) -> None:
        async with shop.unit() as uow:
            await issue_invoice(uow, shop.order())
            if fails == "before":
                raise Cancelled
            await uow.flush()
            if fails == "numbered":
                raise Cancelled

    wanted = [chance.choice(["", "", "before", "numbered"]) for _ in range(50)]
    done = await asyncio.gather(*map(issue, wanted), return_exceptions=True)
    assert [isinstance(each, Cancelled) for each in done] == [bool(each) for each in wanted]
    good = wanted.count("")
    assert 10 < good < 40
    assert await numbers(shop) == [number("INV", 2026, n) for n in range(1, good + 1)]
    assert await shop.rows("SELECT last FROM billing.series") == [(good,)]
    assert await shop.broken() == []


async def test_a_part_of_a_transaction_that_fails_alone_takes_no_number(shop: Shop) -> None:
    async with shop.unit() as uow:
        await issue_invoice(uow, shop.order())
        with suppress(Cancelled):
            async with uow.attempt():
                await issue_invoice(uow, shop.order())
                await uow.flush()
                raise Cancelled
        await issue_invoice(uow, shop.order())
    assert await numbers(shop) == ["INV-2026-000001", "INV-2026-000002"]
    assert await shop.broken() == []


async def test_another_prefix_begins_another_series_and_an_old_one_goes_on(shop: Shop) -> None:
    async with shop.unit() as uow:
        uow.add(
            own := Numbering(
                id=shop.legal_entity, organisation_id=shop.organisation, invoice_prefix="RE-B"
            )
        )
    assert (await shop.invoice()).number == "RE-B-2026-000001"
    for prefix, expected in [("INV", "INV-2026-000001"), ("RE-B", "RE-B-2026-000002")]:
        async with shop.unit() as uow:
            (await uow.get(Numbering, own.id)).invoice_prefix = prefix
        assert (await shop.invoice()).number == expected
    async with shop.unit() as uow:
        known = await uow.get(Numbering, own.id)
        known.invoice_prefix, known.credit_note_prefix = "X", "RE-B"
    with pytest.raises(PrefixTaken):
        await shop.credit(await shop.invoice())
    assert await shop.broken() == []


@pytest.mark.parametrize(
    "prefix", ["", "inv", "A B", "-A", "A-", "A--B", "ABCDEFGHIJKLM", "Ä", "A\n"]
)
def test_what_cannot_begin_a_number_is_refused(prefix: str) -> None:
    with pytest.raises(InvalidInput):
        check_prefix(prefix, field="invoice_prefix")


def test_numbers_grow_wider_than_their_places() -> None:
    assert number("INV", 2026, 1_234_567) == "INV-2026-1234567"
