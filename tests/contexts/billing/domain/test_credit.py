"""A credit is the sum of its movements, never below zero, and lies in one place at a time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.billing.domain.credit import SIGN, About, Credit, MovementKind, placement
from gymhopper.kernel.ids import new_id

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KINDS: list[MovementKind] = list(SIGN)


def nothing() -> Credit:
    return Credit(
        id=new_id(),
        organisation_id=new_id(),
        billing_account_id=new_id(),
        legal_entity_id=new_id(),
        currency="EUR",
    )


def about() -> About:
    return About(cause=new_id(), at=NOW, actor="somebody")


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 10**6)), max_size=30))
def test_whatever_moves_the_balance_is_the_sum_and_never_below_zero(
    moves: list[tuple[MovementKind, int]],
) -> None:
    credit, kept = nothing(), []
    for kind, amount in moves:
        if SIGN[kind] < 0 and amount > credit.balance:
            with pytest.raises(ValueError, match="is left"):
                credit.move(kind, amount, about())
        else:
            kept.append(credit.move(kind, amount, about()))
        assert credit.balance == sum(each.amount for each in kept) >= 0


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())
def test_credit_goes_where_it_is_used_and_is_free_for_nobody_else_on_its_way(
    balance: int, placed: int, collects: bool
) -> None:
    credit = nothing()
    credit.balance, credit.placed = balance, min(placed, balance)
    before = credit.placed
    asked = placement(credit, collects=collects, now=NOW)
    if collects:
        assert credit.free == 0
        assert (asked.amount if asked else 0) == balance - before
    else:
        # What the provider still has may be used there until it says that it is back.
        assert credit.placed == before
        assert (asked.amount if asked else 0) == -before


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_is_no_movement(amount: int) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        nothing().move("granted", amount, about())
