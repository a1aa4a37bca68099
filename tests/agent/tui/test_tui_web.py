"""`nearhand serve` as a person runs it: a process of its own on 127.0.0.1, asked by a stranger and by a browser."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from .stage import NOW, home

pytestmark = pytest.mark.skipif(
    find_spec("textual_serve") is None, reason="textual-serve is optional: pip install nearhand[serve]"
)


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """The port of a running `nearhand serve`, and its token."""
    port = free_port()
    environment = {**os.environ, "NEARHAND_PORT": str(port)}
    command = [sys.executable, "-P", "-m", "nearhand.agent.cli.main", "--profile", str(home(tmp_path / "home"))]
    command += ["--now", NOW.isoformat(), "serve"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if "Ctrl+C to quit" in line:
                break
        found = re.search(r"token=(\S+)", told)
        assert found, told
        _wait(port)
        yield port, found[1]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _wait(port: int) -> None:
    """The sentence on the terminal comes a moment before the port."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)


def asked(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})
        response = connection.getresponse()
        response.read()
        return response
    finally:
        connection.close()


def test_nobody_gets_in_without_the_token_and_the_page_reaches_no_other_host(served: tuple[int, str]) -> None:
    port, token = served
    for path in ("/", "/?token=guess", "/static/js/textual.js", "/ws", "/download/1"):
        assert asked(port, path).status == 403, path
    assert asked(port, f"/?token={token}", Host="evil.example").status == 403
    assert asked(port, f"/ws?token={token}", Origin="http://evil.example").status == 403
    page = asked(port, f"/?token={token}")
    assert page.status == 200 and page.headers["Referrer-Policy"] == "no-referrer"
    cookie = page.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    hosts = set(re.findall(r"//([^\s;]+)", page.headers["Content-Security-Policy"]))
    assert hosts == {f"127.0.0.1:{port}"}
    assert asked(port, "/static/js/textual.js", Cookie=cookie.partition(";")[0]).status == 200


def test_it_listens_on_this_machine_only(served: tuple[int, str]) -> None:
    port, _ = served
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"]
    assert [place for place in listening if int(place.split(":")[1], 16) == port] == [f"0100007F:{port:04X}"]


async def test_a_browser_with_the_token_sees_the_app(served: tuple[int, str]) -> None:
    import aiohttp

    port, token = served
    seen = b""
    place = f"http://127.0.0.1:{port}/ws?token={token}&width=100&height=30"
    async with aiohttp.ClientSession() as session, session.ws_connect(place) as browser:
        async for message in browser:
            seen += message.data if isinstance(message.data, bytes) else str(message.data).encode()
            if b"Saturday?" in seen:
                break
    assert b"Saturday?" in seen
