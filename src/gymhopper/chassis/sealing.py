"""Encryption of what must not be read from the database, and look-up without showing it.

Sealed with AES-256-GCM (NIST SP 800-38D). Equal values are found through keyed hashes
(HMAC-SHA-256, RFC 2104) of their normal forms: a blind index.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gymhopper.chassis.secrets import KEY_ID_BYTES, Secrets

NONCE_BYTES = 12


class Sealer:
    """Seals, opens and finds values for one purpose, such as `identity.sign-in`.

    Everything sealed, and every index, begins with the id of its key: it opens or is found as long
    as the master key behind that is known, and a rotation sees what it has yet to do.
    """

    def __init__(self, secrets: Secrets, purpose: str) -> None:
        self._secrets = secrets
        self._sealing = f"{purpose}.sealing"
        self._indexing = f"{purpose}.index"

    @property
    def key_id(self) -> bytes:
        """The id of the key with which new values are sealed."""
        return self._secrets.keys(self._sealing)[0].id

    def seal(self, plain: bytes, *, bound_to: bytes) -> bytes:
        """Encrypt with the newest key; it opens only with the same `bound_to`."""
        newest = self._secrets.keys(self._sealing)[0]
        return newest.id + encrypt(newest.secret, plain, bound_to)

    def open(self, sealed: bytes, *, bound_to: bytes) -> bytes:
        """Decrypt.

        Raises cryptography.exceptions.InvalidTag when it was altered, is bound to something else,
        or was sealed under a master key that is no longer known.
        """
        for each in self._secrets.keys(self._sealing):
            if each.id == sealed[:KEY_ID_BYTES]:
                return decrypt(each.secret, sealed[KEY_ID_BYTES:], bound_to)
        raise InvalidTag

    def current(self, sealed: bytes) -> bool:
        """Whether it is sealed with the newest key."""
        return sealed[:KEY_ID_BYTES] == self.key_id

    def index(self, kind: str, value: str) -> bytes:
        """What is stored beside a value to find it again; `value` is in its normal form."""
        return self.indexes(kind, value)[0]

    def indexes(self, kind: str, value: str) -> tuple[bytes, ...]:
        """What the value may be stored under, the newest first: search for all of them."""
        text = f"{kind}\0{value}".encode()
        return tuple(
            each.id + hmac.digest(each.secret, text, hashlib.sha256)
            for each in self._secrets.keys(self._indexing)
        )


def encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """AES-256-GCM under a fresh nonce, which the result begins with."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """The reverse; InvalidTag when it was altered or is bound to something else."""
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
