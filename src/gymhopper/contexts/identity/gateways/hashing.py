"""Hashes of passwords, made on threads of their own so that they hold up nothing else.

Argon2id (RFC 9106) with the parameters that OWASP's cheat sheet on password storage recommends.
"""

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.password_rules import normal_password
from gymhopper.contexts.identity.settings import identity_settings

_NICENESS = 10
"""How far the threads step back behind the machine's other work."""


class Passwords:
    """Hashes and checks passwords, a few at a time; what is beyond that waits its turn."""

    def __init__(self, *, memory_kib: int, rounds: int, threads: int) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(threads, "passwords", initializer=_step_back)
        self.turns = asyncio.Semaphore(threads + 2)
        """How many may be busy with passwords and the database: a crowd that signs in waits here,
        where it holds no connection that others need."""
        self._nobodys = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """What is stored instead of the password."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, self._hasher.hash, normal_password(password)
        )

    async def check(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. Where none is stored it is not, at the same cost."""
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(
            self._threads, self._verified, stored or self._nobodys, normal_password(password)
        )
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether it was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(stored)

    def _verified(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def close(self) -> None:
        """Let the threads go when they are done."""
        self._threads.shutdown(wait=False)


def _step_back() -> None:
    """On Linux niceness is a thread's own: requests and doors come before passwords."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


_made: "WeakKeyDictionary[Runtime, Passwords]" = WeakKeyDictionary()


def passwords(runtime: Runtime) -> Passwords:
    """The runtime's, made at first use."""
    if runtime not in _made:
        settings = identity_settings(runtime)
        _made[runtime] = Passwords(
            memory_kib=settings.password_memory,
            rounds=settings.password_rounds,
            threads=settings.password_threads or max(1, (os.cpu_count() or 2) // 2),
        )
    return _made[runtime]


class PasswordThreads:
    """Gives the runtime's threads back when the process ends."""

    name = "passwords"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def start(self) -> None:
        """Nothing is started before it is needed."""

    async def stop(self) -> None:
        """What is still being hashed may finish; nobody waits for it."""
        made = _made.pop(self._runtime, None)
        if made is not None:
            made.close()

    def trouble(self) -> str | None:
        """It is always ready."""
        return None
