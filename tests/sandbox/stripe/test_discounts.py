"""Coupons and promotion codes: what they take off, for how long, and for whom."""

from typing import Any

import pytest

from sandbox.stripe.harness import Sandbox, refusal
from sandbox.stripe.selling import (
    DAY,
    begin,
    first_item,
    fits,
    fresh,
    invoices,
    latest,
    now,
    pass_time,
    payer,
    preview,
    sell,
    update,
)


async def _coupon(sandbox: Sandbox, **given: Any) -> str:
    made = await sandbox.client.v1.coupons.create_async(given)  # type: ignore[arg-type] # tests vary the parameters freely
    return made.id


async def _code(sandbox: Sandbox, coupon: str, **given: Any) -> Any:
    return await sandbox.client.v1.promotion_codes.create_async(
        {"promotion": {"type": "coupon", "coupon": coupon}, **given}  # type: ignore[typeddict-item] # as above
    )


async def _totals(sandbox: Sandbox, key: str) -> list[int]:
    return [each.total for each in await invoices(sandbox, key)]


@pytest.mark.parametrize(
    ("coupon", "totals"),
    [
        ({"percent_off": 20}, [2392, 2990, 2990, 2990]),
        (
            {"percent_off": 12.5, "duration": "repeating", "duration_in_months": 2},
            [2616, 2616, 2990, 2990],
        ),
        ({"amount_off": 1000, "currency": "eur", "duration": "forever"}, [1990] * 4),
        ({"amount_off": 5000, "currency": "eur", "duration": "forever"}, [0] * 4),
    ],
)
async def test_a_discount_lasts_as_long_as_its_coupon_says(
    sandbox: Sandbox, coupon: dict[str, Any], totals: list[int]
) -> None:
    customer = await payer(sandbox)
    key = await _coupon(sandbox, id="SPRING", **coupon)
    made = await begin(sandbox, customer.id, await sell(sandbox, 2990), discounts=[{"coupon": key}])
    await pass_time(sandbox, days=95)
    assert await _totals(sandbox, made.id) == totals
    assert len((await fresh(sandbox, made.id)).discounts) == (coupon.get("duration") == "forever")
    first = (await invoices(sandbox, made.id))[0]
    assert first.subtotal == 2990
    assert first.total_discount_amounts is not None
    assert [each.amount for each in first.total_discount_amounts] == [2990 - totals[0]]
    assert (await sandbox.client.v1.coupons.retrieve_async(key)).times_redeemed == 1
    ended = [each for each in await sandbox.deliver() if each["type"].startswith("customer.disc")]
    lasting = coupon.get("duration") == "forever"
    assert [each["type"] for each in ended] == ["customer.discount.created"] + [
        "customer.discount.deleted"
    ] * (not lasting)
    await fits(sandbox, "coupon", "discount")


async def test_a_coupon_for_once_waits_for_the_end_of_a_trial(sandbox: Sandbox) -> None:
    customer = await payer(sandbox)
    made = await begin(
        sandbox,
        customer.id,
        await sell(sandbox, 2990),
        trial_period_days=7,
        discounts=[{"coupon": await _coupon(sandbox, percent_off=50)}],
    )
    await pass_time(sandbox, days=45)
    assert await _totals(sandbox, made.id) == [0, 1495, 2990]


async def test_discounts_apply_one_after_the_other_and_can_be_taken_away(
    sandbox: Sandbox,
) -> None:
    customer = await payer(sandbox)
    half = await _coupon(sandbox, percent_off=50, duration="forever")
    ten = await _coupon(sandbox, amount_off=1000, currency="eur", duration="forever")
    made = await begin(
        sandbox,
        customer.id,
        await sell(sandbox, 3000),
        await sell(sandbox, 1000, "Towels"),
        discounts=[{"coupon": half}, {"coupon": ten}],
    )
    first = await latest(sandbox, made.id)
    assert first.total == 1000
    off = [[each.amount for each in line.discount_amounts or []] for line in first.lines.data]
    assert off == [[1500, 750], [500, 250]]
    kept = [{"discount": str(made.discounts[1])}]
    changed = await update(sandbox, made.id, discounts=kept)
    assert changed.discounts == made.discounts[1:]
    await pass_time(sandbox, days=31)
    assert (await latest(sandbox, made.id)).total == 3000
    await update(sandbox, made.id, discounts="")
    await pass_time(sandbox, days=31)
    assert (await latest(sandbox, made.id)).total == 4000


async def test_a_proration_gives_back_what_was_charged_after_discounts(sandbox: Sandbox) -> None:
    customer = await payer(sandbox)
    half = await _coupon(sandbox, percent_off=50, duration="forever")
    made = await begin(
        sandbox, customer.id, await sell(sandbox, 3000), discounts=[{"coupon": half}]
    )
    item = first_item(made)
    whole = item.current_period_end - item.current_period_start
    change = {
        "items": [{"id": item.id, "price": await sell(sandbox, 6000)}],
        "proration_behavior": "always_invoice",
        "proration_date": item.current_period_start + whole // 2,
    }
    await pass_time(sandbox, days=1)
    shown = await preview(sandbox, subscription=made.id, subscription_details=change)
    await update(sandbox, made.id, **change)
    paid = await latest(sandbox, made.id)
    assert [line.amount for line in paid.lines.data] == [-750, 1500]
    assert (paid.total, shown.total) == (750, 750)


async def test_a_preview_shows_what_a_code_would_take_off_and_redeems_nothing(
    sandbox: Sandbox,
) -> None:
    customer = await payer(sandbox)
    coupon = await _coupon(sandbox, percent_off=10)
    code = await _code(sandbox, coupon, code="TRY", max_redemptions=1)
    price = await sell(sandbox, 2990)
    for _ in range(2):
        shown = await preview(
            sandbox,
            customer=customer.id,
            subscription_details={"items": [{"price": price}]},
            discounts=[{"promotion_code": code.id}],
        )
        assert shown.total == 2691
    assert (await sandbox.client.v1.coupons.retrieve_async(coupon)).times_redeemed == 0


class TestPromotionCodes:
    async def test_a_code_is_found_by_what_is_typed_and_used_up(self, sandbox: Sandbox) -> None:
        v1 = sandbox.client.v1
        coupon = await _coupon(sandbox, percent_off=10)
        made = await _code(sandbox, coupon, code="Spring26", max_redemptions=1)
        found = await v1.promotion_codes.list_async({"code": "SPRING26", "active": True})
        assert [each.id for each in found.data] == [made.id]
        again = await refusal(_code(sandbox, coupon, code="SPRING26"))
        assert again.json_body["error"]["param"] == "code"
        price = await sell(sandbox, 2990)
        first, second = await payer(sandbox), await payer(sandbox)
        discounts = [{"promotion_code": made.id}]
        used = await begin(sandbox, first.id, price, discounts=discounts)
        assert (await latest(sandbox, used.id)).total == 2691
        assert not (await v1.promotion_codes.retrieve_async(made.id)).active
        error = await refusal(begin(sandbox, second.id, price, discounts=discounts))
        assert (error.http_status, error.json_body["error"]["param"]) == (400, "discounts")
        await fits(sandbox, "promotion_code")

    async def test_a_code_can_be_for_one_customer_new_ones_or_large_sums(
        self, sandbox: Sandbox
    ) -> None:
        coupon = await _coupon(sandbox, percent_off=10)
        old, new = await payer(sandbox), await payer(sandbox)
        price = await sell(sandbox, 2990)
        await begin(sandbox, old.id, price)
        own = await _code(sandbox, coupon, customer=new.id)
        fresh_only = await _code(sandbox, coupon, restrictions={"first_time_transaction": True})
        large = await _code(
            sandbox,
            coupon,
            restrictions={"minimum_amount": 3000, "minimum_amount_currency": "eur"},
        )
        for who, code in ((old, own), (old, fresh_only), (new, large)):
            error = await refusal(
                begin(sandbox, who.id, price, discounts=[{"promotion_code": code.id}])
            )
            assert error.http_status == 400
        await begin(sandbox, new.id, price, discounts=[{"promotion_code": own.id}])
        third = await payer(sandbox)
        await begin(sandbox, third.id, price, discounts=[{"promotion_code": fresh_only.id}])
        twice = [{"price": price, "quantity": 2}]
        await begin(sandbox, new.id, items=twice, discounts=[{"promotion_code": large.id}])

    async def test_codes_and_coupons_end_at_their_time(self, sandbox: Sandbox) -> None:
        v1 = sandbox.client.v1
        customer, price = await payer(sandbox), await sell(sandbox, 2990)
        coupon = await _coupon(sandbox, percent_off=10, redeem_by=now(sandbox) + 10 * DAY)
        code = await _code(sandbox, coupon, expires_at=now(sandbox) + 5 * DAY)
        await pass_time(sandbox, days=5)
        assert not (await v1.promotion_codes.retrieve_async(code.id)).active
        assert (await v1.coupons.retrieve_async(coupon)).valid
        await pass_time(sandbox, days=5)
        assert not (await v1.coupons.retrieve_async(coupon)).valid
        for discount in ({"promotion_code": code.id}, {"coupon": coupon}):
            error = await refusal(begin(sandbox, customer.id, price, discounts=[discount]))
            assert error.http_status == 400

    async def test_a_deleted_coupon_ends_its_codes_but_not_its_discounts(
        self, sandbox: Sandbox
    ) -> None:
        v1 = sandbox.client.v1
        customer, price = await payer(sandbox), await sell(sandbox, 2990)
        coupon = await _coupon(sandbox, percent_off=10, duration="forever")
        code = await _code(sandbox, coupon)
        made = await begin(sandbox, customer.id, price, discounts=[{"coupon": coupon}])
        assert (await v1.coupons.delete_async(coupon)).deleted is True
        assert not (await v1.promotion_codes.retrieve_async(code.id)).active
        assert (await refusal(v1.coupons.retrieve_async(coupon))).http_status == 404
        await pass_time(sandbox, days=31)
        assert await _totals(sandbox, made.id) == [2691, 2691]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"percent_off": 10, "amount_off": 100, "currency": "eur"},
        {"amount_off": 100},
        {"percent_off": 0},
        {"percent_off": 100.5},
        {"percent_off": 10, "duration": "repeating"},
        {"percent_off": 10, "redeem_by": 1},
        {"percent_off": 10, "max_redemptions": 0},
        {"percent_off": 10, "id": "no spaces"},
    ],
)
async def test_a_coupon_that_makes_no_sense_is_refused(
    sandbox: Sandbox, given: dict[str, Any]
) -> None:
    assert (await refusal(_coupon(sandbox, **given))).http_status == 400


async def test_a_coupon_of_another_currency_does_not_apply(sandbox: Sandbox) -> None:
    customer, price = await payer(sandbox), await sell(sandbox, 2990)
    dollars = await _coupon(sandbox, amount_off=100, currency="usd")
    error = await refusal(begin(sandbox, customer.id, price, discounts=[{"coupon": dollars}]))
    assert error.http_status == 400
