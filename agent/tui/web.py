"""The app in a browser: textual-serve on 127.0.0.1, with a token that every request must bring. Only this knows it.

Deliberately not here: anything of the app; each browser tab runs the command `nearhand` as a process of its own.
"""

from __future__ import annotations

import hmac
import shlex
from collections.abc import Awaitable, Callable, Sequence

HOST = "127.0.0.1"
_COOKIE = "nearhand"


def run(command: Sequence[str], port: int, token: str) -> None:
    """Serve until Ctrl+C; the door stands in front of everything that textual-serve answers."""
    from aiohttp import web
    from textual_serve.server import Server

    @web.middleware
    async def door(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        brought = request.query.get("token") or request.cookies.get(_COOKIE) or ""
        if request.host.partition(":")[0] not in (HOST, "localhost") or not hmac.compare_digest(brought, token):
            raise web.HTTPForbidden(text="Open the address that `nearhand serve` printed, with its token.")
        response = await handler(request)
        if not response.prepared:
            response.set_cookie(_COOKIE, token, httponly=True, samesite="Strict")
        return response

    class Guarded(Server):  # type: ignore[misc]
        async def _make_app(self) -> web.Application:
            app: web.Application = await super()._make_app()
            app.middlewares.append(door)
            return app

    Guarded(shlex.join(command), host=HOST, port=port, title="Nearhand").serve()
