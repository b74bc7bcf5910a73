"""A provider that answers with an error, with "too many", not at all, or too late: nothing is lost,
and nothing happens twice.

Every call of the port goes wrong once, before it has an effect or when only its answer is lost.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from contexts.billing.till import GOOD
from contexts.billing.wallet import OTHER, sign_in
from contexts.membership.samples import AGREEMENT
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.kernel.clock import ManualClock
from payments.studio import Studio, open_studio
from payments.unlucky import CALLS, Unlucky, post
from payments.walk import Walk
from payments.ways import Card, open_claims, to_the_next_period

DESK = {"Authorization": "Bearer desk"}

BRIEF = [("error", False), ("close", True)]
OTHERS = [
    ("error", True),
    ("close", False),
    ("rate_limit", False),
    ("rate_limit", True),
    ("silence", False),
    ("silence", True),
]


async def collects_and_stops(unlucky: Unlucky) -> None:
    """A subscription from its page to its end, and one that goes to the desk."""
    of = await pays_for_the_first_time(unlucky)
    await changes(unlucky, of)
    await leaves_for_the_desk(unlucky)


async def changes_course(unlucky: Unlucky) -> None:
    """Other cards, another plan, credit, and debts: paid with another card, given up, or paid on a
    page after the bank took the money back; and a discount that ends."""
    of = await has_other_cards(unlucky)
    await changes_the_plan(unlucky, of)
    await has_credit(unlucky, of)
    await owes(unlucky, of)
    await is_taken_back(unlucky, of)
    await pays_less(unlucky)


LIVES: dict[Callable[[Unlucky], Awaitable[None]], set[str]] = {
    collects_and_stops: {
        "create_customer",
        "open_checkout",
        "checkout",
        "subscription",
        "invoice",
        "refund",
        "invoice_of_payment",
        "pause",
        "held_back",
        "release",
        "open_charge",
        "collect_charge",
        "reprice",
        "subscriptions",
        "invoices",
        "collect_until",
        "cancel",
        "expire_checkout",
    },
    changes_course: {
        "cards",
        "open_card_page",
        "use_card",
        "remove_card",
        "open_portal",
        "preview_change",
        "change_plan",
        "move_balance",
        "payment_page",
        "collect_again",
        "give_up",
        "open_claim_page",
        "discount",
    },
}
"""What the provider fails at in each of them."""


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)
@pytest.mark.parametrize(
    ("kind", "after_effect"),
    [
        *BRIEF,
        *(pytest.param(*each, marks=[pytest.mark.prove]) for each in OTHERS),
    ],
)
@pytest.mark.timeout(600)
async def test_whatever_the_provider_fails_at_is_done_once_in_the_end(
    new_runtime: NewRuntime,
    database: TestDatabase,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    after_effect: bool,
    life: Callable[[Unlucky], Awaitable[None]],
) -> None:
    monkeypatch.setenv("GYMHOPPER_BILLING_STRIPE_RETRIES", "0")
    if kind == "silence":
        monkeypatch.setenv("GYMHOPPER_BILLING_STRIPE_TIMEOUT", "2")
    async with open_studio(new_runtime, database, clock) as studio:
        unlucky = Unlucky(studio, kind, after_effect)
        await life(unlucky)
        assert unlucky.planned == LIVES[life]
        assert await unlucky.left() == []
        await Walk(studio).check()


def test_every_call_of_the_port_goes_wrong_somewhere() -> None:
    # Closing asks the provider for nothing.
    port = {name for name in vars(PaymentProvider) if not name.startswith("_")} - {"close"}
    assert CALLS.keys() == port - {"name"}
    assert set().union(*LIVES.values()) == CALLS.keys()


async def pays_for_the_first_time(unlucky: Unlucky) -> str:
    """One customer, one page, one subscription, one payment."""
    studio = unlucky.studio
    fee = {"amount": 500, "currency": "EUR"}
    of = await studio.bought(await studio.plan(freeze_rules={"fee": fee}))
    body = {"membership_id": of, "price": (await studio.membership(of))["price"]}
    await unlucky.plan("create_customer", "open_checkout")
    page = await unlucky.until(lambda: post(studio, "/payments/checkouts", body))
    paid = await studio.client.post(page["url"], data={"card": GOOD})
    assert paid.status_code == 303, paid.text
    await unlucky.plan("checkout", "subscription", "invoice")
    await unlucky.calm()
    v1 = studio.stripe.v1
    assert len((await v1.customers.list_async()).data) == 1
    assert len((await v1.subscriptions.list_async()).data) == 1
    assert [each["status"] for each in await studio.claims(of)] == ["paid"]
    assert await studio.door(of) is None
    return of


async def changes(unlucky: Unlucky, of: str) -> None:
    """A refund, a freeze with its fee, a lower price, the nightly comparison, an end."""
    studio, v1 = unlucky.studio, unlucky.studio.stripe.v1
    (claim,) = await studio.claims(of)
    await unlucky.plan("refund", "invoice_of_payment")
    path = f"/payments/claims/{claim['claim_id']}/refunds"
    assert (await post(studio, path, {"amount": 990})).status_code == 201
    await unlucky.calm()
    assert [each.amount for each in (await v1.refunds.list_async()).data] == [990]

    await unlucky.plan("pause", "open_charge", "collect_charge")
    until = str(studio.clock.now().date() + timedelta(days=5))
    assert (await post(studio, f"/memberships/{of}/freezes", {"until": until})).is_success
    await unlucky.calm()
    charged = [each.amount for each in (await v1.charges.list_async()).data]
    assert sorted(charged) == [500, 2990]
    await studio.advance(days=6)

    await unlucky.plan("reprice")
    change = {
        "price": {"amount": 1990, "currency": "EUR"},
        "effective_on": str(studio.clock.now().date() + timedelta(days=1)),
        "reason": "Thank you.",
    }
    assert (await post(studio, f"/memberships/{of}/price-changes", change)).is_success
    await unlucky.plan("subscriptions", "invoices")
    await studio.advance(days=2)
    await unlucky.calm()
    (subscription,) = (await v1.subscriptions.list_async()).data
    assert subscription.items.data[0].price.unit_amount == 1990

    await is_frozen_when_it_renews(unlucky, of)
    await unlucky.plan("collect_until")
    ending = await post(studio, f"/memberships/{of}/cancel", {"when": "period_end"})
    await unlucky.calm()
    (subscription,) = (await v1.subscriptions.list_async()).data
    assert subscription.cancel_at is not None
    assert ending.is_success
    await unlucky.plan("cancel")
    assert (await post(studio, f"/memberships/{of}/cancel", {"when": "now"})).is_success
    await unlucky.calm()
    assert (await v1.subscriptions.list_async()).data == []


async def is_frozen_when_it_renews(unlucky: Unlucky, of: str) -> None:
    """What falls due within a freeze is collected after it, without the days of the freeze."""
    studio = unlucky.studio
    paid = datetime.fromisoformat((await studio.claims(of))[0]["until"])
    await studio.advance(days=(paid - studio.clock.now()).days - 1)
    until = str(paid.date() + timedelta(days=6))
    assert (await post(studio, f"/memberships/{of}/freezes", {"until": until})).is_success
    await unlucky.calm()
    await studio.advance(days=4)
    await unlucky.plan("held_back", "release")
    await studio.advance(days=5)
    await unlucky.calm()
    (renewed,) = [
        each for each in await studio.claims(of) if datetime.fromisoformat(each["start"]) == paid
    ]
    assert renewed["status"] == "paid"
    assert 0 < renewed["amount"]["amount"] < 1990


async def leaves_for_the_desk(unlucky: Unlucky) -> None:
    """A page that is open is closed, and only the desk asks for money."""
    studio = unlucky.studio
    of = await studio.bought(await studio.plan())
    await Card().begin(studio, of)
    await unlucky.plan("expire_checkout")
    body = {"price": (await studio.membership(of))["price"]}
    await unlucky.until(lambda: post(studio, f"/payments/memberships/{of}/desk", body))
    pages = await studio.rows(
        "SELECT c.status FROM billing.checkout AS c WHERE c.membership_id = :id", id=UUID(of)
    )
    assert {row["status"] for row in pages} == {"expired"}


async def has_other_cards(unlucky: Unlucky) -> str:
    """One is added and charged from then on, the first one is given up."""
    studio = unlucky.studio
    of = await studio.bought(await studio.plan())
    await Card().join(studio, of)
    member = await studio.state(of)
    assert member is not None
    sign_in(studio, "ada", member.person_id)
    await unlucky.plan("cards")
    means = f"/payments/memberships/{of}/means"
    (first,) = (await unlucky.until(lambda: get(studio, means)))["items"]

    await unlucky.plan("open_card_page")
    page = await unlucky.until(lambda: post(studio, means, {}))
    saved = await studio.client.post(page["url"], data={"card": OTHER})
    assert saved.status_code == 303, saved.text
    await unlucky.plan("use_card")
    await unlucky.calm()

    await unlucky.plan("remove_card")
    gone = await studio.client.delete(f"/api/v1{means}/{first['id']}", headers=DESK)
    assert gone.status_code == 204, gone.text
    await unlucky.calm()
    (left,) = (await get(studio, means)).json()["items"]
    assert (left["last4"], left["is_default"]) == (OTHER[-4:], True)

    await unlucky.plan("open_portal")
    portal = f"/payments/memberships/{of}/portal"
    await unlucky.until(lambda: post(studio, portal, {}, "ada"))
    return of


async def changes_the_plan(unlucky: Unlucky, of: str) -> None:
    """Dearer at once: charged once, what the preview said."""
    studio, v1 = unlucky.studio, unlucky.studio.stripe.v1
    better = await studio.plan(
        name="Premium", prices=[{"price": {"amount": 4990, "currency": "EUR"}}]
    )
    (price,) = better["prices"]
    wish = {"plan_id": better["id"], "price_id": price["id"], "price": price["price"]}
    wish["when"] = "now"
    await studio.advance(days=3)
    await unlucky.plan("preview_change")
    ask = f"/memberships/{of}/plan-change-preview"
    shown = await unlucky.until(lambda: post(studio, ask, wish))
    await unlucky.plan("change_plan")
    wish |= {"charged": shown["charged"], "priced_at": shown["priced_at"]}
    assert (await post(studio, f"/memberships/{of}/plan-changes", wish)).status_code == 201
    await unlucky.calm()
    charged = [each.amount for each in (await v1.charges.list_async()).data]
    assert sorted(charged) == sorted([2990, shown["charged"]["amount"]])
    assert (await studio.membership(of))["plan_name"] == "Premium"


async def has_credit(unlucky: Unlucky, of: str) -> None:
    """It lies with the provider once, and pays a part of the next period."""
    studio, v1 = unlucky.studio, unlucky.studio.stripe.v1
    (row,) = await studio.rows(
        "SELECT billing_account_id AS id FROM billing.dues WHERE membership_id = :id", id=UUID(of)
    )
    body = {"amount": {"amount": 700, "currency": "EUR"}, "reason": "Closed"}
    await unlucky.plan("move_balance")
    granted = await post(studio, f"/payments/billing-accounts/{row['id']}/credit", body)
    assert granted.status_code == 201, granted.text
    await unlucky.calm()
    (customer,) = (await v1.customers.list_async()).data
    assert customer.balance == -700
    await to_the_next_period(studio, Card(), of)
    last = (await studio.claims(of))[-1]
    assert (last["status"], last["amount"]["amount"]) == ("paid", 4990)
    assert (await v1.charges.list_async()).data[0].amount == 4290


async def owes(unlucky: Unlucky, of: str) -> None:
    """One period is paid with another card after all, the next one is given up."""
    studio, v1 = unlucky.studio, unlucky.studio.stripe.v1
    await to_the_next_period(studio, Card(), of, pays=False)
    (failed,) = await open_claims(studio, of)
    await unlucky.plan("payment_page")
    page = await unlucky.until(lambda: post(studio, f"/payments/claims/{failed['id']}/page", {}))
    assert page["url"]

    means = f"/payments/memberships/{of}/means"
    opened = await post(studio, means, {})
    saved = await studio.client.post(opened.json()["url"], data={"card": GOOD})
    assert saved.status_code == 303, saved.text
    before = await succeeded(studio)
    await unlucky.plan("collect_again")
    await unlucky.calm()
    assert await open_claims(studio, of) == []
    assert await succeeded(studio) == before + 1

    await to_the_next_period(studio, Card(), of, pays=False)
    (failed,) = await open_claims(studio, of)
    await unlucky.plan("give_up")
    path = f"/payments/claims/{failed['id']}/write-off"
    assert (await post(studio, path, {"reason": "Moved away"})).status_code == 200
    await unlucky.calm()
    (given_up,) = (await v1.invoices.list_async({"status": "uncollectible"})).data
    assert given_up.amount_remaining == 4990
    assert (await studio.claims(of))[-1]["status"] == "written_off"


async def is_taken_back(unlucky: Unlucky, of: str) -> None:
    """What the bank took back is paid on a page of its own, once."""
    studio = unlucky.studio
    first = (await studio.claims(of))[0]
    await Card().take_back(studio, first["claim_id"])
    before = await succeeded(studio)
    await unlucky.plan("open_claim_page")
    path = f"/payments/claims/{first['claim_id']}/page"
    page = await unlucky.until(lambda: post(studio, path, {}))
    assert (await unlucky.until(lambda: post(studio, path, {})))["url"] == page["url"]
    paid = await studio.client.post(page["url"], data={"card": GOOD})
    assert paid.status_code == 303, paid.text
    await unlucky.calm()
    assert await succeeded(studio) == before + 1
    assert (await studio.claims(of))[0]["status"] == "paid"
    assert (await studio.money(of))["overdue_since"] is None


async def pays_less(unlucky: Unlucky) -> None:
    """For two weeks; the third one costs the whole price."""
    studio = unlucky.studio
    code = {"code": "SPRING", "basis_points": 2000, "periods": 2}
    await studio.call("POST", "/promo-codes", code, expect=201)
    plan = await studio.plan(interval="week")
    who = {"first_name": "Bea", "last_name": "Byron", "agreement": AGREEMENT}
    member = await studio.call("POST", "/members/register", who, expect=201)
    (price,) = plan["prices"]
    order = {
        "plan_id": plan["id"],
        "price_id": price["id"],
        "price": price["price"],
        "promo_code": code["code"],
        "first_charge": {"amount": 2392, "currency": "EUR"},
        "agreement": AGREEMENT,
    }
    made = await studio.call("POST", f"/members/{member['id']}/memberships", order, expect=201)
    of = str(made["id"])
    await Card().join(studio, of)
    await unlucky.plan("discount")
    for _ in range(2):
        await to_the_next_period(studio, Card(), of)
        await unlucky.calm()
    assert [each["amount"]["amount"] for each in await studio.claims(of)] == [2392, 2392, 2990]


async def succeeded(studio: Studio) -> int:
    """How many charges took money."""
    found = await studio.stripe.v1.charges.list_async({"limit": 100})
    return len([each for each in found.data if each.status == "succeeded"])


async def get(studio: Studio, path: str) -> httpx.Response:
    return await studio.client.get(f"/api/v1{path}", headers=DESK)
