"""Ids of decisions."""

from uuid import RFC_4122, UUID

from gymhopper.contexts.access.gate.ids import TimeOrderedIds


def test_ids_are_version_7_of_their_millisecond_and_never_the_same() -> None:
    new_id = TimeOrderedIds()
    made = [UUID(bytes=new_id(1_772_625_600_000)) for _ in range(5000)]
    assert {each.version for each in made} == {7}
    assert {each.variant for each in made} == {RFC_4122}
    assert {each.int >> 80 for each in made} == {1_772_625_600_000}
    assert len(set(made)) == 5000


def test_ids_of_later_instants_are_greater() -> None:
    new_id = TimeOrderedIds()
    made = [new_id(at) for at in range(5000)]
    assert made == sorted(made)


def test_an_instant_out_of_range_still_gets_an_id() -> None:
    new_id = TimeOrderedIds()
    assert {len(new_id(at)) for at in (-1, 2**60)} == {16}
