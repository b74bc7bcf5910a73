"""Whatever happens to money, the books balance and say what is owed."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.billing.domain import bookings
from gymhopper.contexts.billing.domain.bookings import Charged, Matter
from gymhopper.contexts.billing.domain.ledger import (
    BANK,
    CASH,
    CHART,
    ENTRY_KINDS,
    FEES,
    PERSONAL,
    ROUNDING,
    Account,
    Books,
    Entry,
    Posting,
    clearing,
    customer_credit,
    receivable,
    revenue,
    tax,
)
from gymhopper.kernel.ids import new_id

BOOKS = Books(organisation_id=new_id(), legal_entity_id=new_id(), currency="EUR")
PAYER = new_id()
OWED, STRIPE = receivable(PAYER), clearing("stripe")
DUES = Charged(revenue={"membership": 2513}, tax={"standard": 477})


def matter() -> Matter:
    return Matter(
        books=BOOKS,
        cause=new_id(),
        at=datetime(2026, 3, 2, tzinfo=UTC),
        billing_account_id=PAYER,
        claim_id=new_id(),
    )


def moves(entry: Entry) -> dict[Account, int]:
    return {each.account: each.amount for each in entry.postings}


def test_an_invoice_is_owed_gross_and_earned_net() -> None:
    assert moves(bookings.invoice(matter(), DUES)) == {
        OWED: 2990,
        revenue("membership"): -2513,
        tax("standard"): -477,
    }


def test_what_rounding_adds_to_an_invoice_has_an_account_of_its_own() -> None:
    entry = bookings.invoice(matter(), Charged(revenue={"pass": 100}, tax={"a": 20}, rounding=-1))
    assert moves(entry) == {OWED: 119, revenue("pass"): -100, tax("a"): -20, ROUNDING: 1}


def test_a_discount_lowers_what_was_earned_with_the_same_thing_elsewhere() -> None:
    entry = bookings.invoice(matter(), Charged(revenue={"membership": 1000, "fee": -1000}))
    assert moves(entry) == {revenue("membership"): -1000, revenue("fee"): 1000}


def test_an_invoice_over_nothing_moves_nothing() -> None:
    assert bookings.invoice(matter(), Charged(revenue={"membership": 0})).postings == ()


def test_a_credit_note_of_the_whole_undoes_its_invoice() -> None:
    about = matter()
    forth, back = bookings.invoice(about, DUES), bookings.credit_note(about, DUES)
    assert moves(back) == {account: -amount for account, amount in moves(forth).items()}


@pytest.mark.parametrize(
    ("entry", "moved"),
    [
        (bookings.payment(matter(), 2990, STRIPE), {STRIPE: 2990, OWED: -2990}),
        (bookings.payment(matter(), 2990, CASH), {CASH: 2990, OWED: -2990}),
        (
            bookings.payment_taken_back(matter(), 2990, STRIPE, fee=1500),
            {OWED: 2990, FEES: 1500, STRIPE: -4490},
        ),
        (bookings.payment_taken_back(matter(), 2990, BANK), {OWED: 2990, BANK: -2990}),
        (
            bookings.payment_won_back(matter(), 2990, STRIPE, fee=1500),
            {STRIPE: 4490, OWED: -2990, FEES: -1500},
        ),
        (bookings.refund(matter(), 1000, STRIPE), {OWED: 1000, STRIPE: -1000}),
        (bookings.refund_returned(matter(), 1000, STRIPE), {STRIPE: 1000, OWED: -1000}),
        (
            bookings.credit_granted(matter(), 500),
            {Account("goodwill"): 500, customer_credit(PAYER): -500},
        ),
        (bookings.credit_used(matter(), 500), {customer_credit(PAYER): 500, OWED: -500}),
        (
            bookings.credit_withdrawn(matter(), 500),
            {customer_credit(PAYER): 500, Account("goodwill"): -500},
        ),
        (bookings.write_off(matter(), 2990), {Account("bad_debt"): 2990, OWED: -2990}),
        (bookings.recovery(matter(), 2990), {OWED: 2990, Account("bad_debt"): -2990}),
        (
            bookings.payout(
                BOOKS, cause=new_id(), at=matter().at, gateway="stripe", amount=9000, fee=300
            ),
            {BANK: 9000, FEES: 300, STRIPE: -9300},
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Entry) else "",
)
def test_each_kind_of_movement_goes_from_one_account_to_another(
    entry: Entry, moved: dict[Account, int]
) -> None:
    assert moves(entry) == moved


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_that_does_not_move_forward_is_a_mistake(amount: int) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        bookings.payment(matter(), amount, CASH)
    with pytest.raises(ValueError, match="not an amount"):
        bookings.payout(BOOKS, cause=new_id(), at=matter().at, gateway="stripe", amount=amount)
    with pytest.raises(ValueError, match="not negative"):
        bookings.payment_taken_back(matter(), 1, CASH, fee=-1)


def test_an_entry_that_does_not_balance_cannot_be_made() -> None:
    for wrong in ((Posting(CASH, 100), Posting(OWED, -99)), (Posting(CASH, 0),)):
        with pytest.raises(ValueError, match=r"balance|zero"):
            Entry(kind="payment", cause=new_id(), books=BOOKS, at=matter().at, postings=wrong)


def test_every_kind_of_account_has_its_place() -> None:
    assert set(CHART) > PERSONAL
    assert set(ENTRY_KINDS) <= set(vars(bookings))


# (what happened, the sign with which it changes what the payer owes)
_HAPPENINGS = {
    "payment": -1,
    "payment_taken_back": 1,
    "payment_won_back": -1,
    "refund": 1,
    "refund_returned": -1,
    "credit_used": -1,
    "write_off": -1,
    "recovery": 1,
    "overpaid": 1,
    "reclaimed": -1,
}

charges = st.builds(
    Charged,
    revenue=st.dictionaries(
        st.sampled_from(["membership", "joining_fee", "pass", "pack", "fee"]),
        st.integers(-(10**6), 10**9),
        min_size=1,
    ),
    tax=st.dictionaries(st.sampled_from(["standard", "reduced"]), st.integers(0, 10**8)),
    rounding=st.integers(-3, 3),
)
amounts = st.integers(1, 10**9)
places = st.sampled_from([CASH, BANK, STRIPE])


def _booked(kind: str, amount: int, place: Account) -> Entry:
    book = getattr(bookings, kind)
    if kind in {"credit_used", "write_off", "recovery", "overpaid", "reclaimed"}:
        return book(matter(), amount)
    return book(matter(), amount, place)


facts = st.one_of(
    charges.map(lambda each: (bookings.invoice(matter(), each), each.gross)),
    charges.map(lambda each: (bookings.credit_note(matter(), each), -each.gross)),
    amounts.map(lambda amount: (bookings.credit_granted(matter(), amount), 0)),
    st.tuples(amounts, st.integers(0, 10**6)).map(
        lambda each: (
            bookings.payout(
                BOOKS, cause=new_id(), at=matter().at, gateway="stripe", amount=each[0], fee=each[1]
            ),
            0,
        )
    ),
    st.tuples(st.sampled_from(sorted(_HAPPENINGS)), amounts, places).map(
        lambda each: (_booked(*each), _HAPPENINGS[each[0]] * each[1])
    ),
)


@given(st.lists(facts, max_size=30))
def test_any_sequence_keeps_the_trial_balance_zero_and_says_what_is_owed(
    happened: list[tuple[Entry, int]],
) -> None:
    balance: Counter[Account] = Counter()
    for entry, _ in happened:
        balance.update(moves(entry))
        assert sum(balance.values()) == 0
    assert balance[OWED] == sum(owed for _, owed in happened)
