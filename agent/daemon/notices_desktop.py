"""The one module that knows desktop-notifier (an extra: pip install "nearhand[desktop]")."""

from __future__ import annotations

import asyncio

_SECONDS = 5.0


def send(title: str, text: str) -> None:
    """Show one notice on the desktop; raises whatever the desktop raises."""
    from desktop_notifier import DesktopNotifier

    async def shown() -> None:
        notifier = DesktopNotifier(app_name="Nearhand")
        await asyncio.wait_for(notifier.send(title=title, message=text), _SECONDS)

    asyncio.run(shown())
