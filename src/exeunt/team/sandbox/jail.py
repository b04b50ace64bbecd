"""The walls around the tested process, by system calls of Linux. Standard library only.

Whatever cannot be done raises OSError, and then nothing is run.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
NOBODY = 65534

CLONE_NEWUSER = 0x10000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_READ_ONLY_NOSUID_NODEV = 1 | 2 | 4
SYS_MOUNT_SETATTR = 442
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 24, 38
CAPABILITY_VERSION = 0x20080522

# What Python and its extension modules read while they run; no programs.
LIBRARIES = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
]


def call(name: str, *args: Any) -> int:
    """Call a function of the C library."""
    texts = str, Path
    done: int = getattr(LIBC, name)(
        *(os.fsencode(arg) if isinstance(arg, texts) else arg for arg in args)
    )
    if done < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return done


def enter(new_root: Path, disk: int) -> int:
    """Leave the file system of the host: libraries are left, and nobody can write them.

    The current folder is an empty one then, and gone with the last process.

    Returns:
        A descriptor of the host's /proc, for `give_up_rights`.

    """
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    call("mount", "none", "/", None, MS_REC | MS_PRIVATE, None)
    call("mount", "tmpfs", new_root, "tmpfs", 0, b"size=1m,nr_inodes=1k,mode=755")
    for path in libraries():
        show(path, new_root / path.relative_to("/"))
    Path(new_root, "home").mkdir()
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_READ_ONLY_NOSUID_NODEV, 0, 0, 0)
    call(
        "syscall",
        ctypes.c_long(SYS_MOUNT_SETATTR),
        AT_FDCWD,
        new_root,
        AT_RECURSIVE,
        attributes,
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )
    home = f"size={disk},nr_inodes=1k,mode=1777".encode()
    call("mount", "tmpfs", new_root / "home", "tmpfs", MS_NOSUID | MS_NODEV, home)
    os.chdir(new_root)
    call("pivot_root", ".", ".")
    call("umount2", ".", MNT_DETACH)
    os.chdir("/home")
    call("sethostname", b"sandbox", ctypes.c_size_t(7))
    return proc


def libraries() -> list[Path]:
    """Return what has to be seen of the file system, no path below another."""
    own = Path(os.__file__).parents[1], Path(sys.base_exec_prefix, sys.platlibdir)
    paths = dict.fromkeys([*map(Path, LIBRARIES), *own])
    return [
        path
        for path in paths
        if (path.exists() or path.is_symlink()) and not paths.keys() & {*path.parents}
    ]


def show(path: Path, place: Path) -> None:
    """Have the file system of the host seen at this path."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        place.symlink_to(path.readlink())
        return
    if path.is_dir():
        place.mkdir()
    else:
        place.touch()
    call("mount", path, place, None, MS_BIND | MS_REC, None)


def give_up_rights(proc: int) -> None:
    """Become somebody who owns nothing, may do nothing and never will again.

    Args:
        proc: A descriptor of the host's /proc.

    """
    if os.getuid() == 0 and as_root(proc):
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        # Changing the user takes one's own entries in /proc away.
        call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)
    user, group = os.getuid(), os.getgid()
    call("unshare", CLONE_NEWUSER)
    write(proc, "self/setgroups", "deny")
    write(proc, "self/uid_map", f"{user} {user} 1")
    write(proc, "self/gid_map", f"{group} {group} 1")
    # In a further one it would be its own master again, with mounts without a limit.
    write(proc, "sys/user/max_user_namespaces", "0")
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(last_capability(proc) + 1):
        call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())


def as_root(proc: int) -> bool:
    """Say whether root is root here, and not what somebody is called in a namespace."""
    return read(proc, "self/uid_map").split()[2] != b"1"


def last_capability(proc: int) -> int:
    """Return the number of the last capability that this kernel has."""
    return int(read(proc, "sys/kernel/cap_last_cap"))


def read(folder: int, path: str) -> bytes:
    """Read a short file below an open folder."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        return os.read(fd, 4096)
    finally:
        os.close(fd)


def write(folder: int, path: str, text: str) -> None:
    """Write a short file below an open folder."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.write(fd, text.encode())
    except OSError as error:
        raise OSError(error.errno, f"{path}: {error.strerror}") from None
    finally:
        os.close(fd)
