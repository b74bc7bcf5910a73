"""What is sealed opens with its key, beside what it belongs to, and nowhere else."""

import base64
import os
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import BadMasterKey, Secrets

OLD, NEW = bytes(32), bytes(31) + b"\1"


def sealer(*masters: bytes, purpose: str = "tests") -> Sealer:
    return Sealer(Secrets(*masters), purpose)


def test_what_is_sealed_opens_again_and_is_not_readable() -> None:
    sealed = sealer(OLD).seal(b"ada@example.com", bound_to=b"7")
    assert b"ada" not in sealed
    assert sealer(OLD).open(sealed, bound_to=b"7") == b"ada@example.com"
    assert sealed != sealer(OLD).seal(b"ada@example.com", bound_to=b"7")


@pytest.mark.parametrize(
    ("opener", "bound_to"),
    [(sealer(OLD), b"8"), (sealer(NEW), b"7"), (sealer(OLD, purpose="others"), b"7")],
)
def test_it_opens_for_nothing_else(opener: Sealer, bound_to: bytes) -> None:
    sealed = sealer(OLD).seal(b"ada@example.com", bound_to=b"7")
    with pytest.raises(InvalidTag):
        opener.open(sealed, bound_to=bound_to)


@pytest.mark.parametrize("cut", [0, 3, 4, 15, 16, 30])
def test_a_piece_of_it_is_refused(cut: int) -> None:
    with pytest.raises((InvalidTag, ValueError)):
        sealer(OLD).open(sealer(OLD).seal(b"ada", bound_to=b"7")[:cut], bound_to=b"7")


def test_after_a_rotation_the_old_opens_and_the_new_is_used() -> None:
    before, after = sealer(OLD), sealer(NEW, OLD)
    sealed = before.seal(b"ada", bound_to=b"7")
    assert after.open(sealed, bound_to=b"7") == b"ada"
    assert not after.current(sealed)
    again = after.seal(b"ada", bound_to=b"7")
    assert after.current(again)
    assert sealer(NEW).open(again, bound_to=b"7") == b"ada"


def test_a_value_is_found_under_every_key_and_stored_under_the_newest() -> None:
    before, after = sealer(OLD), sealer(NEW, OLD)
    assert after.indexes("email", "a@b.c") == (
        after.index("email", "a@b.c"),
        *before.indexes("email", "a@b.c"),
    )
    assert sealer(NEW).index("email", "a@b.c") == after.index("email", "a@b.c")
    assert before.index("email", "1") != before.index("phone", "1")


def test_master_keys_come_from_the_setting_or_the_folder(tmp_path: Path) -> None:
    made = Secrets.load(None, tmp_path)
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600
    assert Secrets.load(None, tmp_path).key("a") == made.key("a")

    first = made.keys("a")[0]
    newer = base64.b64encode(os.urandom(32)).decode()
    text = f"{newer}\n{(tmp_path / 'master.key').read_text()}"
    (tmp_path / "master.key").write_text(text)
    rotated = Secrets.load(None, tmp_path)
    assert rotated.key("a") == Secrets.load(newer, tmp_path).key("a") != first.secret
    assert rotated.keys("a")[1] == first
    assert len(rotated.keys("a")) == 2
    assert made.keys("a") == rotated.keys("a"), "who reads the file follows it"


@pytest.mark.parametrize("given", ["", "AAAA", "no base64!", base64.b64encode(bytes(33)).decode()])
def test_a_bad_master_key_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(BadMasterKey):
        Secrets.load(given, tmp_path)
