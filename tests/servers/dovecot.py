"""A real Dovecot on loopback, in a folder of its own, gone when the block ends: plain on one port, TLS on another.

    with Dovecot.started(certificates("127.0.0.1")) as server: server.endpoint, server.secure, server.ca_file

Any user name gets in with PASSWORD, each with a mailbox of its own. Works as root and as anybody else.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nearhand.connectors.network.endpoints import Endpoint, Privacy

from .certificates import Certificates

PASSWORD = "correct-horse"
HOW = "Dovecot is not installed. Run: sudo apt-get install -y dovecot-imapd"
_ROLES = ("Drafts", "Sent", "Trash", "Junk", "Archive")


def program() -> str | None:
    """Where Dovecot is; None if it is not installed."""
    return shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Dovecot:
    """One running server."""

    def __init__(self, folder: Path, port: int, secure_port: int, ca_file: Path) -> None:
        self.folder, self.ca_file = folder, ca_file
        self.endpoint = Endpoint("127.0.0.1", port, Privacy.PLAIN)
        self.secure = Endpoint("127.0.0.1", secure_port, Privacy.TLS)

    def lock_out(self, *users: str) -> None:
        """From now on these users, and no others, do not get in, as after a change of the password."""
        (self.folder / "denied").write_text("".join(f"{user}:x\n" for user in users))
        os.utime(self.folder / "denied", (time.time() + len(users) + 2,) * 2)

    @classmethod
    @contextmanager
    def started(cls, certificates: Certificates, more: str = "") -> Iterator[Dovecot]:
        """A server that answers; `more` is added to its configuration."""
        with tempfile.TemporaryDirectory(prefix="nh-dovecot-") as name:
            folder = Path(name).resolve()
            folder.chmod(0o755)
            server = cls(folder, free_port(), free_port(), certificates.ca_file)
            (folder / "conf").write_text(server._config(certificates, more))
            (folder / "denied").touch()
            (folder / "mail").mkdir()
            if os.geteuid() == 0:
                shutil.chown(folder / "mail", *_owner())
            server.start()
            try:
                yield server
            finally:
                server.stop()

    def start(self) -> None:
        """Serve, also again after `stop`, with the same mail on the same ports."""
        command = [str(program()), "-F", "-c", str(self.folder / "conf")]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            self._wait(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Hang up on everybody and be gone."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def kill(self) -> None:
        """Be gone at once, all of it, whatever it was doing."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)
        (self.folder / "run" / "master.pid").unlink(missing_ok=True)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(400):
            try:
                with socket.create_connection((self.endpoint.host, self.endpoint.port), 5) as sock:
                    if sock.recv(4) == b"* OK":
                        return
            except OSError:
                pass
            if process.poll() is not None:
                break
            time.sleep(0.05)
        log = self.folder / "log"
        raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else 'no log'}")

    def _config(self, certificates: Certificates, more: str) -> str:
        user, group = _owner()
        internal = "" if os.geteuid() == 0 else (
            f"default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}\n"
        )
        boxes = "\n".join(f"mailbox {role} {{\n special_use = \\{role}\n auto = create\n}}" for role in _ROLES)
        return f"""
{internal}
base_dir = {self.folder}/run
state_dir = {self.folder}/run
log_path = {self.folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificates.cert_file}
ssl_key = <{certificates.key_file}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = mdbox:{self.folder}/mail/%u
mail_fsync = never
mail_max_userip_connections = 10000
first_valid_uid = 1
default_process_limit = 200
default_client_limit = 1000
passdb {{
 driver = passwd-file
 args = {self.folder}/denied
 deny = yes
}}
passdb {{
 driver = static
 args = password={PASSWORD}
}}
userdb {{
 driver = static
 args = uid={user} gid={group} home={self.folder}/mail/%u/home
}}
service imap-login {{
 chroot =
 service_count = 0
 process_min_avail = 1
 inet_listener imap {{
  port = {self.endpoint.port}
 }}
 inet_listener imaps {{
  port = {self.secure.port}
  ssl = yes
 }}
}}
service anvil {{
 chroot =
 unix_listener anvil-auth-penalty {{
  mode = 0
 }}
}}
service stats {{
 chroot =
}}
namespace inbox {{
 inbox = yes
 separator = /
 {boxes}
}}
{more}
"""


def _owner() -> tuple[str, str]:
    """Whom the mail belongs to: Dovecot never lets root have any."""
    if os.geteuid() == 0:
        return "nobody", "nogroup"
    return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
