"""Seals the program itself: in `local` mode neither it nor anything it starts can reach a network from then on, and in
`accounts` mode only the TCP ports of the person's own servers (which hosts, `connectors/network/wire.py` checks).

Called once, by whoever owns the process (the command line, the app, the daemon), as soon as the mode is known and
before anything from outside is read. What must be outside the seal is started just before it: the launcher, which opens
files on the desktop and shows notices (`launcher.py`). A process that is not Nearhand's own, such as that of a test, is
left alone. Deliberately not here: how it is done (`connectors/sealed/seal.py`), and the workers, which seal themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nearhand.connectors.sealed.seal import Sealed

if TYPE_CHECKING:
    from nearhand.agent.config.settings import Config
    from nearhand.agent.privacy.launcher import Launcher

_own: list[bool] = []
_held: list[Sealed] = []
_launchers: list[Launcher] = []


def own_process() -> None:
    """Say that this process is Nearhand's own, so that it may be sealed for good."""
    _own.append(True)


def seal_engine(config: Config, keep: Iterable[int] = ()) -> Sealed:
    """Seal this process as the mode of the config wants it; `keep` are sockets that stay open. Once is enough."""
    if _held:
        return _held[0]
    if not _own:
        return Sealed(missing=("this process is not Nearhand's own",))
    from nearhand.agent.privacy import launcher

    roots = [Path(root) for root in (config.files.roots if config.files else ())]
    started = launcher.start(roots) if launcher.there_is_a_desktop() else None
    _launchers.extend([started] if started else [])
    _held.append(sealed_as(ports_of(config), (*keep, *([started.fileno()] if started else []))))
    return _held[0]


def sealed_as(ports: Iterable[int] | None, keep: Iterable[int] = ()) -> Sealed:
    """Seal this process for good, whoever owns it; `ports` as `ports_of` gives them."""
    from nearhand.connectors.sealed import seal

    return seal.seal_engine(keep, ports)


def ports_of(config: Config) -> tuple[int, ...] | None:
    """The ports of the servers that the config names; None in local mode, where there is no network at all."""
    if config.privacy.mode == "local":
        return None
    from nearhand.connectors.network.endpoints import Endpoint

    named = (url for account in config.accounts for url in account.urls)
    return tuple(sorted({Endpoint.of(url).port for url in named}))


def launcher_outside() -> Launcher | None:
    """The helper that was left outside the seal; None if this process is not sealed, or has no desktop."""
    return _launchers[0] if _launchers else None
