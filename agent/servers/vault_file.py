"""Secrets in one encrypted file, for machines without a keyring: a passphrase, scrypt, and Fernet (AES and HMAC).

The file can be copied and lost without harm as long as the passphrase is good. NEARHAND_PASSPHRASE may hold it where
nobody can be asked. Deliberately not here: any cryptography of our own.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidKey
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from nearhand.agent.servers.vault import VaultError
from nearhand.connectors import atomic

VARIABLE = "NEARHAND_PASSPHRASE"
_LEAST, _TRIES = 8, 3
_COST, _BLOCK, _PARALLEL = 2**15, 8, 1
"""scrypt's n, r, p: 32 MB and about a tenth of a second."""


class SlipError(VaultError):
    """What was typed cannot be the passphrase."""


class FileVault:
    """One file; it is read and written whole."""

    def __init__(self, path: Path, passphrase: str) -> None:
        self.path = path
        self._salt = os.urandom(16)
        kept = self._kept()
        if kept is not None:
            self._salt = base64.b64decode(kept["salt"])
        self._fernet = Fernet(_key(passphrase, self._salt))
        self._secrets = {} if kept is None else self._opened(kept["secrets"])

    def get(self, name: str) -> str | None:
        return self._secrets.get(name)

    def set(self, name: str, secret: str) -> None:
        self._secrets[name] = secret
        self._write()

    def delete(self, name: str) -> None:
        if self._secrets.pop(name, None) is not None:
            self._write()

    def _kept(self) -> dict[str, str] | None:
        try:
            found = json.loads(self.path.read_bytes())
            return {"salt": str(found["salt"]), "secrets": str(found["secrets"])}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise VaultError(f"{self.path} holds no secrets any more. Move it away and connect again.") from error

    def _opened(self, sealed: str) -> dict[str, str]:
        try:
            return dict(json.loads(self._fernet.decrypt(sealed.encode())))
        except (InvalidToken, InvalidKey, ValueError) as error:
            raise SlipError("That is not the passphrase of your saved passwords. Try again.") from error

    def _write(self) -> None:
        sealed = self._fernet.encrypt(json.dumps(self._secrets).encode()).decode()
        text = json.dumps({"kdf": "scrypt", "salt": base64.b64encode(self._salt).decode(), "secrets": sealed})
        atomic.make_folders(self.path.parent)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        atomic.overwrite(self.path, text.encode())
        self.path.chmod(0o600)


def _key(passphrase: str, salt: bytes) -> bytes:
    derived = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_PARALLEL).derive(passphrase.encode())
    return base64.urlsafe_b64encode(derived)


def opened(path: Path, ask: Callable[[str], str] | None) -> FileVault:
    """Open a file with its passphrase, from the environment or asked for; raises VaultError.

    A slip of the fingers is told and asked about again, because what else was typed before would be lost with it.
    """
    given = os.environ.get(VARIABLE, "")
    if given:
        return FileVault(path, _good(given))
    if ask is None:
        raise VaultError(f"The passphrase of your saved passwords is needed, and nobody can be asked. Set {VARIABLE}.")
    told = ""
    for _ in range(_TRIES - 1):
        try:
            return _tried(path, ask, told)
        except SlipError as error:
            told = f"{error}\n"
    return _tried(path, ask, told)


def _tried(path: Path, ask: Callable[[str], str], told: str) -> FileVault:
    """Ask once, or twice for a new file; `told` is what was wrong before."""
    if path.exists():
        return FileVault(path, ask(f"{told}Passphrase of your saved passwords: "))
    first = _good(ask(f"{told}Choose a passphrase for your saved passwords: "))
    if ask("The same once more: ") != first:
        raise SlipError("The two were not the same, so nothing was saved. Try again.")
    return FileVault(path, first)


def _good(text: str) -> str:
    if len(text) < _LEAST:
        raise SlipError(f"A passphrase needs at least {_LEAST} characters. Some words in a row are good.")
    return text
