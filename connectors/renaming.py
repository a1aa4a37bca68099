"""Renames that cannot overwrite: one system call where the kernel has it, a claimed name where it has not.

Deliberately not here: durability (see `atomic.py`), other devices (see `copying.py`). Nothing is ever linked.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Callable
from functools import cache
from typing import cast

_MISSING = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
_LINUX_NO_REPLACE = 1
_MACOS_EXCLUSIVE = 4


def rename_no_replace(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """Rename between two open folders; raises FileExistsError if the target is taken, OSError as rename does."""
    code = native(source_folder, os.fsencode(source), target_folder, os.fsencode(target))
    if code in _MISSING:
        _claim_and_rename(source_folder, source, target_folder, target)
    elif code:
        raise OSError(code, os.strerror(code), target)


def native(source_folder: int, source: bytes, target_folder: int, target: bytes) -> int:
    """Ask the kernel; returns 0 or an errno, ENOSYS where there is no such call."""
    call = _call()
    if call is None:
        return errno.ENOSYS
    flag = _MACOS_EXCLUSIVE if sys.platform == "darwin" else _LINUX_NO_REPLACE
    return 0 if call(source_folder, source, target_folder, target, flag) == 0 else ctypes.get_errno()


@cache
def _call() -> Callable[[int, bytes, int, bytes, int], int] | None:
    """The call of the kernel; looking it up costs more than renaming."""
    libc = ctypes.CDLL(None, use_errno=True)
    call = getattr(libc, "renameatx_np" if sys.platform == "darwin" else "renameat2", None)
    if call is not None:
        call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return cast("Callable[[int, bytes, int, bytes, int], int] | None", call)


def _claim_and_rename(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """Take the name with an empty thing of our own first; only that thing can then be renamed over."""
    is_folder = stat.S_ISDIR(os.lstat(source, dir_fd=source_folder).st_mode)
    claim = _claim_folder(target_folder, target) if is_folder else _claim_file(target_folder, target)
    now = os.lstat(target, dir_fd=target_folder)
    if (now.st_dev, now.st_ino) != claim or (not is_folder and now.st_size):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    try:
        os.rename(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder)
    except OSError:
        _release(target_folder, target, is_folder)
        raise


def _claim_folder(folder: int, name: str) -> tuple[int, int]:
    os.mkdir(name, dir_fd=folder)
    made = os.lstat(name, dir_fd=folder)
    return made.st_dev, made.st_ino


def _claim_file(folder: int, name: str) -> tuple[int, int]:
    handle = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        made = os.fstat(handle)
    finally:
        os.close(handle)
    return made.st_dev, made.st_ino


def _release(folder: int, name: str, is_folder: bool) -> None:
    """Give a claimed name back: only our own empty thing is taken away."""
    if is_folder:
        os.rmdir(name, dir_fd=folder)
    elif os.lstat(name, dir_fd=folder).st_size == 0:
        os.unlink(name, dir_fd=folder)
