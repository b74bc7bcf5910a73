"""A backup that is taken while people walk in, brought back into an empty folder."""

import asyncio
import copy
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from e2e.installation import Installation, installed
from e2e.soundness import FLAWS, found, lost_visits, settle
from e2e.visitor import PROFILE, Visitor
from gymhopper.sandbox.demo.client import Json, Platform, Reader, UnexpectedAnswer, until


def words(text: str) -> str:
    """Without the line breaks that depend on the terminal."""
    return " ".join(text.split())


async def known(reader: Reader) -> None:
    """Wait until a cell that is being filled knows the reader, and has it sign in."""

    async def signed_in() -> bool:
        try:
            await reader.sign_in()
        except UnexpectedAnswer:
            return False
        return True

    await until(signed_in, bool, what="the cell knows the reader")


pytestmark = pytest.mark.timeout(400)


@dataclass
class Kept:
    """What was told to the first installation, and what it answers."""

    story: Visitor
    lost_pass: str
    file: Path
    member: Json
    money: Json
    opened: list[Platform] = field(default_factory=list)

    def client(self, url: str) -> Platform:
        """Closed at the end of all."""
        self.opened.append(Platform(url))
        return self.opened[-1]

    def reader(self, url: str, at: str) -> Reader:
        """The same device with its own key, at whatever answers now."""
        moved = copy.copy(self.story.cast.readers[at])
        moved._platform = self.client(url)
        moved.session = ""
        return moved

    def administrator(self, url: str) -> Platform:
        moved = self.client(url)
        moved._headers = self.story.platform._headers
        return moved


@pytest.fixture(scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kept]:
    """A backup that was taken while an installation ran."""
    folder = tmp_path_factory.mktemp("first")
    file = folder / "monday.backup"
    with installed(folder / "data") as first:
        platform = await asyncio.to_thread(first.administrator)
        story = Visitor(platform, first)
        await story.arrive()
        assert (await story.scan())["decision"] == "allow"
        lost = await platform.post(
            "/credentials", {"member_id": story.cast.member["id"], "kind": "pass"}
        )
        await platform.post(f"/credentials/{lost['id']}/revoke")
        await asyncio.to_thread(settle, first.database_url)
        saved = await asyncio.to_thread(first.command, "backup", str(file))
        assert saved.returncode == 0, saved.stderr
        assert str(file) in saved.stdout
        # Too late for the backup.
        assert (await story.scan())["decision"] == "allow"
        member = await platform.get(f"/members/{story.cast.member['id']}")
        money = await story.money()
        made = Kept(story, lost["value"], file, member, money)
        yield made
        for each in made.opened:
            await each.close()
        await story.close()
        await platform.close()


@pytest.fixture(scope="module")
async def second(
    kept: Kept, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """What was restored, running."""
    made = Installation(tmp_path_factory.mktemp("second") / "data")
    restored = await asyncio.to_thread(made.command, "restore", str(kept.file))
    assert restored.returncode == 0, restored.stderr
    with installed(made.folder) as running:
        yield running


async def test_doors_answer_as_before_and_the_months_visits_still_count(
    kept: Kept, second: Installation
) -> None:
    story = kept.story
    reader = kept.reader(second.url, "Mitte")
    await known(reader)

    # Two of three visits were made by the time of the backup.
    third = await reader.scan("pass", story.cast.pass_value)
    fourth = await reader.scan("pass", story.cast.pass_value)
    revoked = await reader.scan("pass", kept.lost_pass)
    unknown = await reader.scan("pass", "never-handed-out-to-anybody")

    assert (third["decision"], third["code"]) == ("allow", "ALLOWED")
    assert (fourth["decision"], fourth["code"]) == ("deny", "PERIOD_LIMIT_REACHED")
    assert (revoked["decision"], revoked["code"]) == ("deny", "CREDENTIAL_REVOKED")
    assert (unknown["decision"], unknown["code"]) == ("deny", "CREDENTIAL_UNKNOWN")
    other = kept.reader(second.url, "Alster")
    await known(other)
    refused = await other.scan("pass", story.cast.pass_value)
    assert (refused["code"], refused["tier_needed"]) == ("TIER_TOO_LOW", 3)


async def test_members_are_there_with_their_contact_data_and_their_money(
    kept: Kept, second: Installation
) -> None:
    platform = kept.administrator(second.url)

    member = await platform.get(f"/members/{kept.story.cast.member['id']}")
    money = await platform.get(f"/payments/memberships/{kept.story.cast.membership}")

    assert member == kept.member
    assert {name: member[name] for name in ("email", "phone", "birth_date")} == {
        name: PROFILE[name] for name in ("email", "phone", "birth_date")
    }
    assert money == kept.money


async def test_what_was_restored_is_sound(kept: Kept, second: Installation) -> None:
    await asyncio.to_thread(settle, second.database_url)

    assert found(second.database_url, FLAWS) == {}
    # The visit after the backup is the one that is not there.
    assert len(lost_visits(second.database_url, kept.story.told)) == 1
    examined = await asyncio.to_thread(second.command, "doctor")
    assert examined.returncode == 0, examined.stdout


def test_a_backup_is_not_restored_over_an_installation(kept: Kept, second: Installation) -> None:
    other = Installation(second.folder.parent / "running")
    with installed(other.folder):
        pass
    refused = other.command("restore", str(kept.file))

    assert refused.returncode == 1
    assert "belongs to another installation" in words(refused.stderr)
    held = second.command("restore", str(kept.file))
    assert held.returncode == 1
    assert "is in use by process" in words(held.stderr)


def test_a_restore_is_not_repeated(kept: Kept, tmp_path: Path) -> None:
    target = Installation(tmp_path / "data")

    assert target.command("restore", str(kept.file)).returncode == 0
    again = target.command("restore", str(kept.file))
    assert again.returncode == 1
    assert "There is an installation in this place already." in words(again.stderr)


def test_a_backup_can_be_read_by_nobody_else(kept: Kept) -> None:
    assert kept.file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"not an archive", None])
def test_a_file_that_is_no_backup_is_refused(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "some.file"
    if content is None:
        with tarfile.open(file, "w") as archive:
            archive.add(__file__, "manifest.json")
    else:
        file.write_bytes(content)
    target = Installation(tmp_path / "data")
    refused = target.command("restore", str(file))

    assert refused.returncode == 1
    assert "is not a backup" in words(refused.stderr)
    assert "Traceback" not in refused.stderr
    assert not target.folder.exists()
