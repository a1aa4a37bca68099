"""The app in a browser: textual-serve on 127.0.0.1, with a token that every request must bring. Only this knows it.

The page may load nothing from elsewhere (textual-serve names a font of another host in it), and tells nobody where it
came from. Deliberately not here: anything of the app; each browser tab runs the command `nearhand` as a process of its
own.
"""

from __future__ import annotations

import hmac
import shlex
from collections.abc import Awaitable, Callable, Sequence

HOST = "127.0.0.1"
_COOKIE = "nearhand"
_POLICY = (
    "default-src 'none'; script-src {here} 'unsafe-inline'; style-src {here} 'unsafe-inline'; img-src {here} data:; "
    "font-src {here} data:; connect-src {here} ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def run(command: Sequence[str], port: int, token: str) -> None:
    """Serve until Ctrl+C; the door stands in front of everything that textual-serve answers."""
    from aiohttp import web
    from textual_serve.server import Server

    @web.middleware
    async def door(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        brought = request.query.get("token") or request.cookies.get(_COOKIE) or ""
        if request.host.partition(":")[0] != HOST or not hmac.compare_digest(brought.encode(), token.encode()):
            raise web.HTTPForbidden(text="Open the address that `nearhand serve` printed, with its token.")
        if request.headers.get("Origin", here) != here:
            raise web.HTTPForbidden(text="Another page asked for this.")
        response = await handler(request)
        if not response.prepared:
            response.set_cookie(_COOKIE, token, httponly=True, samesite="Strict")
            response.headers.update(headers)
        return response

    class Guarded(Server):  # type: ignore[misc,unused-ignore]
        async def _make_app(self) -> web.Application:
            app: web.Application = await super()._make_app()
            app.middlewares.append(door)
            return app

    here = f"http://{HOST}:{port}"
    headers = {
        "Content-Security-Policy": _POLICY.format(here=here, host=f"{HOST}:{port}"),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    Guarded(shlex.join(command), host=HOST, port=port, title="Nearhand").serve()
