"""Passwords and tokens, kept where the person chose: the system's keyring, an encrypted file, or nowhere (asked anew).

Only keyrings of the system itself are used, by name; one that would write plain text is never a fallback. The values
never reach a log, a journal, or the model's process. Deliberately not here: the encrypted file (`vault_file.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile

CHOICES = ("keyring", "file", "ask")
"""Where secrets may be kept."""
_SYSTEM = (
    "keyring.backends.SecretService", "keyring.backends.kwallet", "keyring.backends.libsecret",
    "keyring.backends.macOS", "keyring.backends.Windows",
)  # fmt: skip
_SERVICE = "nearhand"


class VaultError(AgentError):
    """Secrets cannot be read or kept; the text says why, and what can be done."""


class Vault(Protocol):
    """Where secrets are kept, each under a name such as "work/password"."""

    def get(self, name: str) -> str | None:
        """A secret, None if there is none; raises VaultError if that cannot be found out."""

    def set(self, name: str, secret: str) -> None:
        """Keep a secret."""

    def delete(self, name: str) -> None:
        """Forget a secret; nothing happens if there is none."""


class Backend(Protocol):
    """What is used of a keyring."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class SystemVault:
    """The keyring of the system."""

    def __init__(self, backend: Backend, service: str = _SERVICE) -> None:
        self._backend, self._service = backend, service

    def get(self, name: str) -> str | None:
        return self._tried(lambda: self._backend.get_password(self._service, name))

    def set(self, name: str, secret: str) -> None:
        self._tried(lambda: self._backend.set_password(self._service, name, secret))
        if self.get(name) != secret:
            raise VaultError("The keyring did not keep the password. Choose another place: --secrets file")

    def delete(self, name: str) -> None:
        if self.get(name) is not None:
            self._tried(lambda: self._backend.delete_password(self._service, name))

    def _tried(self, act: Callable[[], str | None]) -> str | None:
        try:
            return act()
        except VaultError:
            raise
        except Exception as error:  # each keyring has errors of its own
            raise VaultError(_why(error)) from error


def _why(error: Exception) -> str:
    if "locked" in type(error).__name__.lower() or "locked" in str(error).lower():
        return "The keyring of this system is locked. Unlock it (sign in to your desktop) and try again."
    said = f"The keyring of this system does not answer ({type(error).__name__})."
    return f"{said} Start it, or keep passwords elsewhere: nearhand connect --secrets file"


class AskedVault:
    """Nothing is kept: each secret is asked for once, and forgotten when the program ends."""

    def __init__(self, ask: Callable[[str], str] | None) -> None:
        self._ask = ask
        self._said: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        if name not in self._said and name.endswith("/password"):
            if self._ask is None:
                raise VaultError("Passwords are asked for at the start, and nobody can be asked here.")
            self._said[name] = self._ask(f"Password of {name.removesuffix('/password')}: ")
        return self._said.get(name)

    def set(self, name: str, secret: str) -> None:
        self._said[name] = secret

    def delete(self, name: str) -> None:
        self._said.pop(name, None)


class RememberedVault:
    """A vault that was looked into before the process was sealed: the keyring cannot be reached from inside."""

    def __init__(self, inner: Vault, names: Iterable[str]) -> None:
        self._inner = inner
        self._known = {name: inner.get(name) for name in names}

    def get(self, name: str) -> str | None:
        return self._known[name] if name in self._known else self._inner.get(name)

    def set(self, name: str, secret: str) -> None:
        """Keep it at least as long as the process runs; a renewed token can be renewed again."""
        self._known[name] = secret
        with suppress(VaultError):
            self._inner.set(name, secret)

    def delete(self, name: str) -> None:
        self._known[name] = None
        self._inner.delete(name)


def system_backend(backends: Iterable[object] | None = None) -> Backend | None:
    """The best keyring of the system itself; None if there is none, whatever else may be installed."""
    if backends is None:
        import keyring.backend

        backends = keyring.backend.get_all_keyring()
    usable = [(_priority(each), each) for each in backends if type(each).__module__ in _SYSTEM]
    best = max(usable, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] > 0 else None  # type: ignore[return-value]  # keyring's own classes have no protocol


def _priority(backend: object) -> float:
    try:
        return float(getattr(backend, "priority", 0))
    except Exception:  # a keyring that is not there says so by raising
        return 0.0


def open_vault(profile: Profile, choice: str, ask: Callable[[str], str] | None = None) -> Vault:
    """Open the place that the person chose; `ask` shows a prompt and returns what was typed, unseen.

    Raises VaultError with the choices if it is not there.
    """
    if choice == "ask":
        return AskedVault(ask)
    if choice == "file":
        from nearhand.agent.servers.vault_file import opened

        return opened(profile.secrets, ask)
    backend = system_backend()
    if backend is None:
        raise VaultError(
            "This machine has no keyring for passwords. Choose another place when you connect: --secrets file (an "
            "encrypted file with a passphrase) or --secrets ask (asked for at every start, kept nowhere)."
        )
    return SystemVault(backend, service_of(profile))


def service_of(profile: Profile) -> str:
    """The name under which a profile keeps its secrets; those of different profiles do not meet."""
    if profile.folder is None:
        return _SERVICE
    return f"{_SERVICE}-{hashlib.sha256(str(profile.folder).encode()).hexdigest()[:12]}"
