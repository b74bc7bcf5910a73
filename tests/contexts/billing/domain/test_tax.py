"""Tax is rounded once for each rate of a document, as EN 16931-1 has it."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gymhopper.contexts.billing.domain.crediting import credited, split
from gymhopper.contexts.billing.domain.tax import (
    OUTSIDE,
    Rate,
    Taxed,
    TaxRate,
    checked,
    half_up,
    rate_in_force,
    taxed,
)
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.ids import new_id

STANDARD = Rate(category="S", percent="19")
REDUCED = Rate(category="S", percent="7")
ZERO = Rate(category="Z")

PERCENTS = st.sampled_from(["19", "7", "8.875", "20", "5.5", "0.0001", "99.9999", "25", "2.6"])
RATES = st.one_of(
    st.builds(lambda percent: Rate(category="S", percent=percent), PERCENTS),
    st.sampled_from([ZERO, OUTSIDE, Rate(category="E", exemption="Small business")]),
)
LINES = st.lists(st.tuples(RATES, st.integers(-(10**7), 10**9)), min_size=1, max_size=12)


def table(*lines: tuple[Rate, int], included: bool) -> list[tuple[str, int, int]]:
    return [(t.rate.percent, t.base, t.tax) for t in taxed(lines, included=included)]


def test_the_tax_of_many_lines_is_rounded_once() -> None:
    # Each line of 0.33 alone would round to 0.06: 0.18 in all.
    assert table(*[(STANDARD, 33)] * 3, included=False) == [("19", 99, 19)]
    assert table(*[(STANDARD, 33)] * 3, included=True) == [("19", 83, 16)]


def test_each_rate_has_a_base_and_a_tax_of_its_own() -> None:
    lines = [(STANDARD, 2990), (REDUCED, 1500), (STANDARD, -500), (ZERO, 100)]
    assert table(*lines, included=False) == [("19", 2490, 473), ("7", 1500, 105), ("0", 100, 0)]
    assert table(*lines, included=True) == [("19", 2092, 398), ("7", 1402, 98), ("0", 100, 0)]


def test_currencies_without_a_minor_unit_and_with_three_places_are_whole_numbers_alike() -> None:
    jpy = Rate(category="S", percent="10")
    assert table((jpy, 2980), included=True) == [("10", 2709, 271)]
    assert table((jpy, 2985), included=False) == [("10", 2985, 299)]
    kwd = Rate(category="S", percent="5")
    assert table((kwd, 9990), included=False) == [("5", 9990, 500)]


def test_a_half_is_rounded_up_and_its_mirror_down() -> None:
    five = Rate(category="S", percent="5")
    assert table((five, 10), included=False) == [("5", 10, 1)]
    assert table((five, -10), included=False) == [("5", -10, -1)]
    assert [half_up(Fraction(n, 2)) for n in (-3, -1, 0, 1, 3)] == [-2, -1, 0, 1, 2]


@given(LINES)
def test_prices_with_tax_keep_their_sum(lines: list[tuple[Rate, int]]) -> None:
    found = taxed(lines, included=True)
    assert sum(each.gross for each in found) == sum(amount for _, amount in lines)
    for each in found:
        assert abs(each.base * each.rate.share - each.tax) <= 1


@given(LINES)
def test_prices_without_tax_keep_their_sum_and_are_taxed_to_half_a_unit(
    lines: list[tuple[Rate, int]],
) -> None:
    found = taxed(lines, included=False)
    assert sum(each.base for each in found) == sum(amount for _, amount in lines)
    for each in found:
        assert abs(each.base * each.rate.share - each.tax) <= Fraction(1, 2)
        assert each.rate.category == "S" or each.tax == 0


@given(LINES, st.booleans())
def test_a_mirrored_document_has_mirrored_taxes(
    lines: list[tuple[Rate, int]], included: bool
) -> None:
    mirrored = taxed([(rate, -amount) for rate, amount in lines], included=included)
    assert [(t.base, t.tax) for t in taxed(lines, included=included)] == [
        (-t.base, -t.tax) for t in mirrored
    ]


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=8))
def test_a_split_is_whole_and_in_proportion(amount: int, weights: list[int]) -> None:
    whole = sum(weights)
    parts = split(min(amount, whole), weights)
    assert sum(parts) == min(amount, whole)
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part <= weight
        assert whole == 0 or abs(part - Fraction(min(amount, whole) * weight, whole)) < 1


@given(
    lines=st.lists(
        st.tuples(RATES, st.integers(-(10**4), 10**6)),
        min_size=1,
        max_size=5,
        unique_by=lambda x: x[0],
    ),
    included=st.booleans(),
    rounding=st.integers(-3, 3),
    cuts=st.lists(st.integers(1, 10**6), max_size=6),
)
def test_credit_notes_add_up_to_the_invoice_in_every_rate(
    lines: list[tuple[Rate, int]], included: bool, rounding: int, cuts: list[int]
) -> None:
    invoiced = taxed(lines, included=included)
    rest = sum(each.gross for each in invoiced) + rounding
    notes: list[tuple[Taxed, ...]] = []
    left = rounding
    while rest > 0:
        amount = min(cuts.pop(), rest) if cuts else rest
        taxes, part = credited(invoiced, notes, amount=amount, rest=rest, rounding=left)
        assert sum(each.gross for each in taxes) + part == amount
        for each in taxes:
            assert abs(each.tax * (1 + each.rate.share) - each.gross * each.rate.share) <= 3
        notes.append(taxes)
        rest, left = rest - amount, left - part
    if notes:
        assert left == 0
        for each in invoiced:
            parts = [t for note in notes for t in note if t.rate == each.rate]
            assert sum(t.base for t in parts) == each.base
            assert sum(t.tax for t in parts) == each.tax


@pytest.mark.parametrize(
    ("rate", "field"),
    [
        (Rate(category="S", percent="0"), "percent"),
        (Rate(category="Z", percent="19"), "percent"),
        (Rate(category="S", percent="100"), "percent"),
        (Rate(category="S", percent="-1"), "percent"),
        (Rate(category="S", percent="1e1"), "percent"),
        (Rate(category="S", percent="019"), "percent"),
        (Rate(category="S", percent="1.23456"), "percent"),
        (Rate(category="S", percent="19\n"), "percent"),
        (Rate(category="E"), "exemption"),
        (Rate(category="S", percent="19", exemption="None"), "exemption"),
    ],
)
def test_what_cannot_be_a_rate_is_refused(rate: Rate, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(rate)
    assert refused.value.field == field


def test_a_percentage_is_kept_in_its_shortest_form() -> None:
    assert checked(Rate(category="S", percent="19.00")).percent == "19"
    assert checked(Rate(category="S", percent="8.8750")).percent == "8.875"
    assert checked(Rate(category="Z", percent="0.0")).percent == "0"
    assert checked(Rate(category="O", exemption="Outside")).percent == "0"


def dated(code: str, percent: str, day: int) -> TaxRate:
    return TaxRate(
        id=new_id(),
        organisation_id=new_id(),
        legal_entity_id=new_id(),
        code=code,
        category="S",
        percent=percent,
        exemption=None,
        valid_from=date(2026, 1, day),
    )


def test_the_newest_rate_of_the_code_that_has_begun_is_in_force() -> None:
    rates = [dated("standard", "19", 10), dated("standard", "16", 20), dated("reduced", "5", 20)]
    for code, day, percent in [
        ("standard", 10, "19"),
        ("standard", 19, "19"),
        ("standard", 20, "16"),
        ("reduced", 20, "5"),
        ("reduced", 19, "19"),
        ("unheard", 31, "16"),
    ]:
        assert rate_in_force(rates, code, date(2026, 1, day)).percent == percent
    assert rate_in_force(rates, "standard", date(2026, 1, 9)) == OUTSIDE
