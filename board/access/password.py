"""The dashboard's password: its hash (scrypt), comparison in constant time, and throttling."""

import base64
import binascii
import functools
import hashlib
import hmac
import os
import threading
import time
import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable

from mnist_core.errors import MnistCoreError

PASSWORD = "MNIST_DASHBOARD_PASSWORD"
HASH = "MNIST_DASHBOARD_PASSWORD_HASH"
"""Environment variables: the password, or what `drawpad-dashboard hash-password` prints."""

_N, _R, _P = 2**15, 8, 1
"""Cost of scrypt: 32 MiB, a tenth of a second."""
_MAX_MEMORY = 2**27
_SCHEME = "scrypt"
_MAX_LENGTH = 1000
_ATTEMPTS, _PERIOD = 5, 60.0
_ALL_ATTEMPTS = 100


def hash_password(password: str) -> str:
    """Return a salted hash: "scrypt:N:R:P:SALT:KEY".

    Raises
    ------
    MnistCoreError
        If the password is empty, or was not text in UTF-8.
    """
    if not password:
        raise MnistCoreError("the password is empty; give at least one character")
    salt = os.urandom(16)
    try:
        key = _derive(password, salt, _N, _R, _P)
    except UnicodeEncodeError as error:  # bytes that Python took for text
        raise MnistCoreError("the password is not text in UTF-8; give another one") from error
    parts = (base64.urlsafe_b64encode(part).decode() for part in (salt, key))
    return ":".join([_SCHEME, str(_N), str(_R), str(_P), *parts])


def matches(password: str, hashed: str) -> bool:
    """Return whether a password has a hash. Raises MnistCoreError if that is no hash."""
    try:
        scheme, n, r, p, salt, key = hashed.split(":")
        if scheme != _SCHEME:
            raise ValueError(scheme)
        expected = base64.urlsafe_b64decode(key)
        found = _derive(
            password[:_MAX_LENGTH], base64.urlsafe_b64decode(salt), *map(int, (n, r, p))
        )
    except (ValueError, binascii.Error, MemoryError) as error:
        raise MnistCoreError(
            f"{HASH} is not a hash; `drawpad-dashboard hash-password` prints one"
        ) from error
    return hmac.compare_digest(found, expected)


def configured_hash() -> str | None:
    """Return the hash of the password in the environment; None if there is none.

    Raises MnistCoreError, which names the variable, if that is no password.
    """
    if hashed := os.environ.get(HASH):
        return hashed
    password = os.environ.get(PASSWORD)
    try:
        return _hash_once(password[:_MAX_LENGTH]) if password else None
    except MnistCoreError as error:
        raise MnistCoreError(f"{PASSWORD}: {error}") from error


_hash_once = functools.cache(hash_password)


class Throttle:
    """Limits failed attempts: 5 a minute from an address, 100 a minute from all of them.

    May be used from several threads.

    Parameters
    ----------
    clock : callable
        Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: defaultdict[str, deque[float]] = defaultdict(deque)

    def attempt(self, address: str, check: Callable[[], bool]) -> bool:
        """Return what `check` returns; a failure counts from when it begins.

        Raises
        ------
        MnistCoreError
            If there were too many failures; nothing is checked then.
        """
        with self._lock:
            now = self._clock()
            self._forget(now)
            recent = self._failures.get(address, ())
            total = sum(map(len, self._failures.values()))
            if len(recent) >= _ATTEMPTS or total >= _ALL_ATTEMPTS:
                oldest = recent[0] if recent else min(one[0] for one in self._failures.values())
                wait = max(1, round(oldest + _PERIOD - now))
                raise MnistCoreError(f"too many wrong passwords; try again in {wait} s")
            self._failures[address].append(
                now
            )  # before the slow check: attempts at the same time count as well
        if not check():
            return False
        with self._lock:
            self._failures.pop(address, None)
        return True

    def _forget(self, now: float) -> None:
        for address, times in list(self._failures.items()):
            while times and times[0] <= now - _PERIOD:
                times.popleft()
            if not times:
                del self._failures[address]


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # a letter with an accent is one character or two, which depends on the keyboard
    text = unicodedata.normalize("NFC", password)
    return hashlib.scrypt(text.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY, dklen=32)
