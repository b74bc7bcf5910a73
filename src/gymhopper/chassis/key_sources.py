"""Where the master keys come from: a file, the environment, or either of them wrapped by a key
service, so that whoever copies the file or the environment has nothing."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from gymhopper.chassis.key_service import WRAPPED, KeyService, TransitService
from gymhopper.chassis.master_keys import BadMasterKey, MasterKeys
from gymhopper.chassis.settings import Settings

FILE = "master.key"


class KeySource(Protocol):
    """Gives the master keys."""

    def read(self) -> MasterKeys:
        """The keys as they are now. Raises BadMasterKey, KeyServiceUnavailable."""
        ...

    def changed(self) -> bool:
        """Whether there is something else to read than the last time. Asked at every use."""
        ...


class GivenKeys:
    """Keys of the environment: they stay what they are as long as the process runs."""

    def __init__(self, text: str, service: KeyService | None = None) -> None:
        self._text = text
        self._service = service

    def read(self) -> MasterKeys:
        """The keys in the text."""
        return MasterKeys.read(_unwrapped(self._text, self._service))

    def changed(self) -> bool:
        """Never."""
        return False

    def text(self, keys: MasterKeys) -> str:
        """These keys as the environment would have to hold them."""
        if self._service is not None:
            return self._service.wrap(keys.text().encode())
        return " ".join(keys.text().split())


class FileKeys:
    """Keys of a file, which is made when there is none.

    Every process that reads the same file follows it: a key that is put in front is known and in
    use everywhere at once. One that a service wrapped is read at the start only.
    """

    def __init__(self, folder: Path, service: KeyService | None = None) -> None:
        self._path = folder / FILE
        self._service = service
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> MasterKeys:
        """The keys in the file; a first one is made where it is missing."""
        while True:
            self._seen = self._stamp()
            try:
                text = self._path.read_text()
            except FileNotFoundError:
                self._make()
            else:
                return MasterKeys.read(_unwrapped(text, self._service))

    def changed(self) -> bool:
        """Whether the file is another one; a file that is gone for a moment is not."""
        if self._service is not None:
            return False
        stamp = self._stamp()
        return stamp is not None and stamp != self._seen

    def write(self, keys: MasterKeys) -> None:
        """Put these keys into the file; nobody ever sees half of it."""
        self._aside(keys).replace(self._path)

    def wrap(self) -> None:
        """Have the service wrap a file that is still readable."""
        if self._service is None:
            raise BadMasterKey("No key service is set up: see GYMHOPPER_KEY_SERVICE_URL.")
        text = self._path.read_text()
        if not text.lstrip().startswith(WRAPPED):
            self.write(MasterKeys.read(text))

    def _make(self) -> None:
        """A file with a first key, unless another process is quicker."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._aside(MasterKeys.fresh())
        try:
            with suppress(FileExistsError):
                self._path.hardlink_to(aside)
        finally:
            aside.unlink()

    def _aside(self, keys: MasterKeys) -> Path:
        """A file of its own beside ours, with these keys."""
        text = keys.text() if self._service is None else self._service.wrap(keys.text().encode())
        path = self._path.with_name(f"{FILE}.{token_hex(4)}")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return path

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size


def key_source(settings: Settings) -> KeySource:
    """The source that the settings name."""
    service = None
    if settings.key_service_url is not None:
        service = TransitService(
            settings.key_service_url, settings.key_service_token_file, settings.key_service_key
        )
    if settings.master_key is not None:
        return GivenKeys(settings.master_key.get_secret_value(), service)
    return FileKeys(settings.data_folder, service)


def _unwrapped(text: str, service: KeyService | None) -> str:
    wrapped = text.lstrip().startswith(WRAPPED)
    if service is None:
        if wrapped:
            raise BadMasterKey(
                "The master key is wrapped by a key service: set GYMHOPPER_KEY_SERVICE_URL."
            )
        return text
    if not wrapped:
        raise BadMasterKey(
            "A key service is set up, but the master key is not wrapped: `gymhopper keys wrap`."
        )
    return service.unwrap(text.strip()).decode()
