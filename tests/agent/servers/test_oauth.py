"""A token comes by a code that the person types elsewhere, is renewed in time, and is never printed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from nearhand.agent.errors import AgentError
from nearhand.agent.servers.oauth import Client, KeptToken, Tokens, dumped, loaded, start, wait
from nearhand.agent.servers.vault import AskedVault
from nearhand.connectors.errors import NetworkError, SignInError
from nearhand.connectors.network.endpoints import Endpoint
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.web import Web
from nearhand.connectors.network.wire import Wire


class Provider(ThreadingHTTPServer):
    """A provider that gives what it was told to, and remembers what it was asked."""

    daemon_threads = True
    answers: list[dict[str, object]]
    asked: list[dict[str, str]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append(dict(parse_qsl(body)))
        found = self.server.answers.pop(0)
        said = json.dumps(found).encode()
        self.send_response(400 if "error" in found else 200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider(("127.0.0.1", 0), _Handler)
    server.answers, server.asked = [], []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def web(provider: Provider, tmp_path: Path) -> Iterator[Web]:
    hosts = [Endpoint.of(provider.url)]
    found = Web(Wire(hosts, NetworkLedger(tmp_path / "net.db")), hosts, "signing in")
    yield found
    found.close()


CODE: dict[str, object] = {"device_code": "dev", "user_code": "ABCD-EFGH", "verification_uri": "https://x.example/go",
                           "interval": 5, "expires_in": 600}  # fmt: skip
GIVEN: dict[str, object] = {"access_token": "at1", "refresh_token": "rt1", "expires_in": 3600}


def test_a_code_becomes_a_token_once_the_person_has_typed_it(provider: Provider, web: Web) -> None:
    provider.answers = [CODE, {"error": "authorization_pending"}, {"error": "slow_down"}, GIVEN]
    client, waits = Client(f"{provider.url}/token", "my-id"), list[float]()
    pending = start(web, client, f"{provider.url}/device", "mail")
    assert (pending.user_code, pending.where) == ("ABCD-EFGH", "https://x.example/go")
    assert wait(web, client, pending, waits.append, lambda: 1000.0) == Tokens("at1", "rt1", 4600.0)
    assert waits == [5.0, 5.0, 10.0]
    assert provider.asked[0] == {"client_id": "my-id", "scope": "mail"}
    assert provider.asked[-1]["device_code"] == "dev"


@pytest.mark.parametrize("error", ["access_denied", "expired_token", "invalid_client"])
def test_a_refusal_is_told(provider: Provider, web: Web, error: str) -> None:
    provider.answers = [CODE, {"error": error}]
    client = Client(f"{provider.url}/token", "my-id")
    pending = start(web, client, f"{provider.url}/device", "mail")
    with pytest.raises(SignInError, match=error):
        wait(web, client, pending, lambda seconds: None)


def test_a_code_that_nobody_types_ends(provider: Provider, web: Web) -> None:
    provider.answers = [{**CODE, "expires_in": 12}, *[{"error": "authorization_pending"}] * 3]
    client = Client(f"{provider.url}/token", "my-id")
    pending = start(web, client, f"{provider.url}/device", "mail")
    with pytest.raises(SignInError, match="not typed in time"):
        wait(web, client, pending, lambda seconds: None)


def test_a_page_that_is_not_private_is_not_shown(provider: Provider, web: Web) -> None:
    provider.answers = [{**CODE, "verification_uri": "http://phish.example/"}]
    with pytest.raises(SignInError):
        start(web, Client(f"{provider.url}/token", "my-id"), f"{provider.url}/device", "mail")


def test_a_token_is_renewed_shortly_before_it_ends_and_kept(provider: Provider, web: Web) -> None:
    provider.answers = [{"access_token": "at2", "expires_in": 3600}]
    vault, now = AskedVault(None), [1000.0]
    vault.set("work/oauth", dumped(Tokens("at1", "rt1", 2000.0)))
    token = KeptToken(vault, "work/oauth", lambda: web, Client(f"{provider.url}/token", "my-id"), lambda: now[0])
    assert token() == "at1" and provider.asked == []
    now[0] = 1950.0
    assert token() == token() == "at2"
    assert provider.asked == [{"grant_type": "refresh_token", "refresh_token": "rt1", "client_id": "my-id"}]
    assert loaded(vault.get("work/oauth") or "") == Tokens("at2", "rt1", 5550.0)


def test_a_right_that_was_withdrawn_is_told(provider: Provider, web: Web) -> None:
    provider.answers = [{"error": "invalid_grant", "error_description": "The user has revoked it.\x1b[2J"}]
    vault = AskedVault(None)
    vault.set("work/oauth", dumped(Tokens("at1", "rt1", 0.0)))
    token = KeptToken(vault, "work/oauth", lambda: web, Client(f"{provider.url}/token", "my-id"))
    with pytest.raises(SignInError, match="has revoked it") as caught:
        token()
    assert "\x1b" not in str(caught.value)


def test_without_a_token_the_person_is_told_to_connect() -> None:
    with pytest.raises(AgentError, match="connect"):
        KeptToken(AskedVault(None), "work/oauth", lambda: pytest.fail("nothing is asked"), Client("", ""))()


def test_the_token_signs_in_to_mail() -> None:
    assert Login("robin@x.example", token="at1").xoauth2() == b"user=robin@x.example\x01auth=Bearer at1\x01\x01"
    assert "at1" not in repr(Login("robin@x.example", token="at1"))


def test_a_provider_that_talks_nonsense_is_told(provider: Provider, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "dumps", lambda value: "<html>")
    provider.answers = [CODE]
    with pytest.raises(NetworkError, match="makes no sense"):
        start(web, Client(f"{provider.url}/token", "my-id"), f"{provider.url}/device", "mail")
