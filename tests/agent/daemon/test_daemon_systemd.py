"""The unit under a real systemd: a manager of an ordinary user, in namespaces of its own, starts, heals and ends it.

With NEARHAND_SOAK=1, on Linux, as root (who can make the namespaces); it takes about a minute.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

_SYSTEMD = Path("/lib/systemd/systemd")
_WHY = (
    "NEARHAND_SOAK=1 runs it" if not os.environ.get("NEARHAND_SOAK")
    else "only on Linux" if sys.platform != "linux"
    else "only root can make the namespaces" if os.geteuid() != 0
    else "no systemd here" if not (_SYSTEMD.exists() and shutil.which("setpriv") and shutil.which("unshare"))
    else ""
)  # fmt: skip
pytestmark = pytest.mark.skipif(bool(_WHY), reason=_WHY)
_UID = 4711
_OUTER = f"""
set -e
umount -l /sys/fs/cgroup || true
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/nearhand-test/init
echo $$ > /sys/fs/cgroup/nearhand-test/init/cgroup.procs
chown -R {_UID} /sys/fs/cgroup/nearhand-test
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/systemd/system $XDG_RUNTIME_DIR
if [ "$(stat -c %a /root)" = 700 ]; then  # a Python that lives in there can be reached by root alone
    mkdir /run/python
    mount --bind "$PREFIX" /run/python
    case "$PREFIX" in /root/*) mount -t tmpfs -o mode=755 none /root; mkdir -p "$PREFIX"; mount --bind /run/python "$PREFIX";; esac
fi
chown {_UID}:{_UID} "$XDG_RUNTIME_DIR" "$HOME"
chmod 700 "$XDG_RUNTIME_DIR"
exec setpriv --reuid {_UID} --regid {_UID} --clear-groups bash -c "$INNER"
"""
_INNER = f"""
cd
mkdir -p Downloads Documents/Receipts
{_SYSTEMD} --user --unit=basic.target --log-target=null &
until systemctl --user is-system-running; do sleep 0.2; done
nearhand() {{ "$PYTHON" -P -m nearhand.agent.cli.main "$@" 2>&1 < /dev/null; }}
pid() {{ systemctl --user show -P MainPID nearhand; }}
arrived() {{ for _ in $(seq 200); do [ -e "Documents/Receipts/$1" ] && echo "$1 was moved" && return; sleep 0.1; done; }}
nearhand connect files ~/Documents ~/Downloads
nearhand daemon install
nearhand do --yes 'when a pdf turns up in Downloads, move it to Receipts'
printf '%%PDF-1.4 one' > Downloads/one.pdf; arrived one.pdf
old=$(pid); kill -9 $old; printf '%%PDF-1.4 two' > Downloads/two.pdf; arrived two.pdf
[ $(pid) != $old ] && echo 'begun anew after a kill'
mkdir -p ~/.config/systemd/user/nearhand.service.d
printf '[Service]\\nWatchdogSec=3\\n' > ~/.config/systemd/user/nearhand.service.d/soon.conf
systemctl --user daemon-reload; systemctl --user restart nearhand
old=$(pid); kill -STOP $old
for _ in $(seq 200); do [ $(pid) != $old ] && [ $(pid) != 0 ] && echo 'begun anew after it hung' && break; sleep 0.1; done
until systemctl --user is-active --quiet nearhand; do sleep 0.2; done
nearhand daemon status
nearhand daemon stop
nearhand daemon uninstall
"""


def test_systemd_starts_it_behind_every_fence_begins_it_anew_and_ends_it() -> None:
    with tempfile.TemporaryDirectory(prefix="nearhand-systemd-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder, "home")
        home.mkdir()
        environment = {
            "HOME": str(home), "XDG_RUNTIME_DIR": f"/run/user/{_UID}", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
            "PYTHON": sys.executable, "PREFIX": sys.base_prefix, "INNER": _INNER,
        }  # fmt: skip
        told = ["unshare", "--fork", "--pid", "--kill-child", "--mount-proc", "--mount", "bash", "-c", _OUTER]
        done = subprocess.run(told, env=environment, capture_output=True, text=True, timeout=240, check=False)
    said = done.stdout
    assert "The background service runs, now and at every login." in said, said + done.stderr
    assert "does not let the kernel enforce" not in said, said
    for line in ("one.pdf was moved", "two.pdf was moved", "begun anew after a kill", "begun anew after it hung",
                 "It runs. Its rules are at work.", "The background service has ended.",
                 "does not start at login any more"):  # fmt: skip
        assert line in said, said + done.stderr
