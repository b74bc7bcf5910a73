"""Backup and restore: one file that holds all that cannot be computed again."""

import asyncio
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from gymhopper import __version__
from gymhopper.app.opening import bring_up_to_date, engines
from gymhopper.chassis.engines import postgres_program
from gymhopper.chassis.provision import url_for
from gymhopper.chassis.settings import Settings
from gymhopper.kernel.errors import Conflict, GymhopperError, InvalidInput

FORMAT = 1
_DUMP, _MANIFEST, _KEY = "database.dump", "manifest.json", "master.key"


class BackupFailed(GymhopperError):
    """PostgreSQL's own program did not do it; its words are in the sentence."""

    code = "backup_failed"


class NotABackup(InvalidInput):
    """The file is none of ours, or of a later format."""

    code = "not_a_backup"


class NotEmpty(Conflict):
    """A restore goes into an empty database only: it must never mix two installations."""

    code = "database_not_empty"


async def backup(settings: Settings, file: Path) -> int:
    """Write a backup while everything runs; returns its size in bytes.

    It holds the database as of one moment and the master key, without which the personal data in
    it cannot be read; keep it like a key. The cells are not in it: they are filled from the
    database.
    """
    async with engines(settings) as found:
        dump = await _program(
            "pg_dump", "--format=custom", "--compress=6", f"--dbname={_whole_database(found)}"
        )
    return await asyncio.to_thread(_write, file, dump, settings.data_folder / _KEY)


async def restore(settings: Settings, file: Path) -> None:
    """Bring a backup into an empty data folder or database.

    Its cells are filled anew: the feed's numbers get a new generation. Raises NotABackup,
    NotEmpty, BackupFailed.
    """
    parts = await asyncio.to_thread(_read, file)
    _keep_key(settings.data_folder / _KEY, parts.get(_KEY))
    async with engines(settings, alone=True) as found:
        target = _whole_database(found)
        await asyncio.to_thread(_check_empty, target)
        await _program("pg_restore", "--exit-on-error", f"--dbname={target}", given=parts[_DUMP])
        await asyncio.to_thread(_new_generation, target)
        await asyncio.to_thread(bring_up_to_date, found)


def _whole_database(found: Settings) -> str:
    """A URL that row-level security does not bind."""
    if found.superuser_url is not None and found.owner_url is not None:
        return url_for(found.superuser_url, database=urlsplit(found.owner_url).path[1:])
    if found.owner_url is None:
        raise InvalidInput("This needs the owner's URL: GYMHOPPER_OWNER_URL.", field="owner_url")
    return found.owner_url


async def _program(name: str, *arguments: str, given: bytes | None = None) -> bytes:
    process = await asyncio.create_subprocess_exec(
        str(postgres_program(name)),
        *arguments,
        stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, errors = await process.communicate(given)
    if process.returncode:
        raise BackupFailed(f"{name} failed: {errors.decode(errors='replace').strip()}")
    return output


def _check_empty(target: str) -> None:
    with psycopg.connect(target) as connection:
        if connection.execute("SELECT to_regclass('bus.event')").fetchone() != (None,):
            raise NotEmpty("There is an installation in this place already.")


def _new_generation(target: str) -> None:
    """Cells hold numbers of the feed as it was; after this they know that those are no more."""
    with psycopg.connect(target) as connection:
        if connection.execute("SELECT to_regclass('access.cell')").fetchone() != (None,):
            connection.execute("UPDATE access.cell SET generation = gen_random_uuid()")


def _write(file: Path, dump: bytes, key: Path) -> int:
    parts = {
        _MANIFEST: json.dumps({"format": FORMAT, "version": __version__}).encode(),
        _DUMP: dump,
    }
    if key.exists():
        parts[_KEY] = key.read_bytes()
    partial = file.with_name(file.name + ".partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be written: {error.strerror}.") from error
    with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    partial.replace(file)
    return file.stat().st_size


def _read(file: Path) -> dict[str, bytes]:
    try:
        with tarfile.open(file) as archive:
            parts = {each.name: _content(archive, each) for each in archive if each.isfile()}
        manifest: dict[str, Any] = json.loads(parts[_MANIFEST])
    except OSError as error:
        raise NotABackup(f"{file} is not a backup: {error.strerror}.") from error
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise NotABackup(f"{file} is not a backup: `gymhopper backup` did not write it.") from error
    if manifest.get("format") != FORMAT or _DUMP not in parts:
        raise NotABackup(f"{file} is a backup of another format; a newer version may read it.")
    return parts


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    extracted = archive.extractfile(entry)
    return b"" if extracted is None else extracted.read()


def _keep_key(path: Path, key: bytes | None) -> None:
    if key is None:
        return
    if path.exists():
        if path.read_bytes() != key:
            raise NotEmpty(f"{path} belongs to another installation.")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
