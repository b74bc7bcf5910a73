"""Master keys come from a file, the environment or a key service, and are never left half-read."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chassis.transit import TOKEN, Transit
from gymhopper.chassis.key_service import KeyServiceUnavailable
from gymhopper.chassis.key_sources import FileKeys, GivenKeys, key_source
from gymhopper.chassis.master_keys import BadMasterKey, MasterKeys
from gymhopper.chassis.sealing import Sealer
from gymhopper.chassis.secrets import Secrets
from gymhopper.chassis.settings import Settings


@pytest.fixture
def transit() -> Iterator[Transit]:
    with Transit() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, transit: Transit) -> Settings:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    return Settings(
        data_folder=tmp_path / "data", key_service_url=transit.url, key_service_token_file=token
    )


def test_what_many_processes_make_at_once_is_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: FileKeys(tmp_path).read(), range(8)))
    assert len(set(made)) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["master.key"]


def test_who_holds_secrets_follows_the_file(tmp_path: Path) -> None:
    running = Secrets.following(FileKeys(tmp_path))
    sealer = Sealer(running, "tests")
    before = sealer.seal(b"ada", bound_to=b"")
    source = FileKeys(tmp_path)
    source.write(source.read().with_new())
    after = Sealer(Secrets.following(FileKeys(tmp_path)), "tests").seal(b"eve", bound_to=b"")
    assert sealer.open(after, bound_to=b"") == b"eve"
    assert sealer.open(before, bound_to=b"") == b"ada"
    assert not sealer.current(before)
    assert sealer.current(sealer.seal(b"x", bound_to=b""))


def test_a_file_that_cannot_be_read_leaves_the_known_keys_at_work(tmp_path: Path) -> None:
    running = Secrets.following(FileKeys(tmp_path))
    known = running.ids()
    (tmp_path / "master.key").write_text("half of a k")
    assert running.ids() == known
    (tmp_path / "master.key").unlink()
    assert running.ids() == known


def test_what_lasts_stays_the_same_through_every_rotation(tmp_path: Path) -> None:
    source = FileKeys(tmp_path)
    keys = source.read()
    lasting = Secrets.following(source).lasting("cards")
    for _ in range(3):
        keys = keys.with_new()
        source.write(keys)
        keys = keys.without(keys.ids[-1])
        source.write(keys)
        assert len(keys.masters) == 1
        assert Secrets.following(FileKeys(tmp_path)).lasting("cards") == lasting
    assert MasterKeys.read(keys.text()) == keys
    assert lasting != Secrets.following(source).key("cards")


def test_the_last_master_key_is_not_forgotten(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path).read()
    with pytest.raises(BadMasterKey):
        keys.without(keys.ids[0])


def test_a_key_service_unwraps_what_the_file_holds(settings: Settings) -> None:
    made = key_source(settings).read()
    kept = (settings.data_folder / "master.key").read_text()
    assert kept.startswith("vault:v1:")
    assert made.text().split()[0] not in kept
    assert key_source(settings).read() == made
    source = key_source(settings)
    assert isinstance(source, FileKeys)
    rotated = made.with_new()
    source.write(rotated)
    assert key_source(settings).read() == rotated


def test_a_key_service_unwraps_what_the_environment_holds(settings: Settings) -> None:
    keys = MasterKeys.fresh()
    source = key_source(settings)
    assert isinstance(source, FileKeys)
    settings.data_folder.mkdir()
    source.write(keys)
    wrapped = (settings.data_folder / "master.key").read_text()
    given = Settings(**{**settings.model_dump(), "master_key": wrapped})
    assert isinstance(key_source(given), GivenKeys)
    assert key_source(given).read() == keys


def test_a_readable_file_is_wrapped_once_and_refused_until_then(settings: Settings) -> None:
    keys = FileKeys(settings.data_folder).read()
    with pytest.raises(BadMasterKey, match="keys wrap"):
        key_source(settings).read()
    source = key_source(settings)
    assert isinstance(source, FileKeys)
    for _ in range(2):
        source.wrap()
    assert key_source(settings).read() == keys
    with pytest.raises(BadMasterKey, match="KEY_SERVICE_URL"):
        FileKeys(settings.data_folder).read()


def test_a_renewed_token_is_read_again(settings: Settings) -> None:
    key_source(settings).read()
    assert settings.key_service_token_file is not None
    settings.key_service_token_file.write_text("expired")
    with pytest.raises(KeyServiceUnavailable, match="403"):
        key_source(settings).read()
    settings.key_service_token_file.write_text(TOKEN)
    assert key_source(settings).read()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"key_service_url": "http://127.0.0.1:9"}, "cannot be reached"),
        ({"key_service_key": "another"}, "answered 404"),
        ({"key_service_token_file": None}, "TOKEN_FILE"),
        ({"key_service_token_file": Path("/nowhere/token")}, "cannot be read"),
    ],
)
def test_a_service_that_does_not_help_is_one_clear_sentence(
    settings: Settings, changes: dict[str, Any], says: str
) -> None:
    key_source(settings).read()
    with pytest.raises(KeyServiceUnavailable, match=says) as refused:
        key_source(settings.model_copy(update=changes)).read()
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [(200, b"no json"), (200, b"[]"), (200, b"{}"), (200, b'{"data":{"plaintext":"?"}}'),
     (500, b""), (200, b'{"data":[]}')],
)  # fmt: skip
def test_a_strange_answer_of_the_service_is_refused(
    settings: Settings, transit: Transit, answer: tuple[int, bytes]
) -> None:
    key_source(settings).read()
    transit.answers = answer
    with pytest.raises((KeyServiceUnavailable, BadMasterKey)):
        key_source(settings).read()


def test_another_installations_wrapped_key_is_refused(settings: Settings) -> None:
    with Transit() as other:
        theirs = settings.model_copy(update={"key_service_url": other.url})
        key_source(theirs).read()
    with pytest.raises(KeyServiceUnavailable, match="400"):
        key_source(settings).read()
