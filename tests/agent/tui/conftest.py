"""Runs tests that are coroutines, each in an event loop of its own, and waits for messages instead of the processor."""

from __future__ import annotations

import asyncio
import inspect

import pytest


@pytest.fixture(autouse=True)
def nobody_asks_how_busy_the_processor_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual waits until its process uses little of the processor, which says nothing on a busy machine."""

    async def a_moment(min_sleep: float = 0.0, max_sleep: float = 0.0) -> None:
        await asyncio.sleep(0.01)

    for module in ("textual.app", "textual.pilot", "textual._doc"):
        monkeypatch.setattr(f"{module}.wait_for_idle", a_moment, raising=False)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A coroutine is run to its end."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True
