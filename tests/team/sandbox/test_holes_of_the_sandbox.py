"""A sandbox with a hole in it is found out: the tests of the walls can fail.

Each hole is a change to the text of what runs inside, made in a copy of it. The probe
that is sent through comes back from the sandbox as it is, and not from the other one.
"""

import shutil
from pathlib import Path

import attrs
import pytest

from exeunt.team.sandbox import (
    CannotIsolate,
    Check,
    Program,
    Sandbox,
    isolating,
    running,
)

INSIDE = "child.py", "jail.py", "warden.py"


@attrs.frozen
class Hole:
    """One mistake, and the code that gets through it.

    Attributes:
        file: Where it is made.
        right: The text as it should be.
        wrong: The text as it is then.
        probe: The body of a function.
        shut: What the probe gives where there is no hole.

    """

    file: str
    right: str
    wrong: str
    probe: str
    shut: str


HOLES = {
    "users": Hole(
        "jail.py",
        'write(proc, "sys/user/max_user_namespaces", "0")',
        "pass",
        "import ctypes\nreturn ctypes.CDLL(None).unshare(0x10000000)",
        "-1",
    ),
    "capabilities": Hole(
        "jail.py",
        'call("capset", header, (ctypes.c_uint32 * 6)())',
        "pass",
        "import ctypes\nreturn ctypes.CDLL(None).chroot(b'/home')",
        "-1",
    ),
    "writable libraries": Hole(
        "jail.py",
        "MOUNT_ATTR_READ_ONLY_NOSUID_NODEV = 1 | 2 | 4",
        "MOUNT_ATTR_READ_ONLY_NOSUID_NODEV = 2 | 4",
        "import os\nreturn os.statvfs('/').f_flag & 1",
        "1",
    ),
    "the files of the host": Hole(
        "jail.py",
        '"/usr/share/zoneinfo",',
        '"/usr/share/zoneinfo", "/etc",',
        "import os\nreturn os.path.exists('/etc/passwd')",
        "False",
    ),
    "descriptors": Hole(
        "warden.py",
        'os.closerange(ANSWERS + 1, os.sysconf("SC_OPEN_MAX"))',
        "pass",
        """
import os
for fd in range(4, 64):
    try: return len(os.listdir(fd)) > 0
    except OSError: pass
return False
""".strip(),
        "False",
    ),
    "output": Hole(
        "warden.py",
        "answers, silence = os.dup(1), os.dup(nothing)",
        "answers, silence = 1, 1",
        "print('spam')\nreturn 8",
        "8",
    ),
    "group": Hole(
        "warden.py",
        "os.setsid()",
        "pass",
        "import os\nreturn os.getsid(0) == os.getpid()",
        "True",
    ),
    "another repr": Hole(
        "child.py",
        "repr, ",
        "",
        "import builtins\nbuiltins.repr = lambda value: '9'\nreturn 8",
        "8",
    ),
}


async def passes(sandbox: Sandbox, hole: Hole) -> bool:
    body = hole.probe.replace("\n", "\n    ")
    check = Check("probe", "probe()", want=hole.shut)
    program = Program({"probes": f"def probe():\n    {body}"}, (check,))
    return (await Sandbox(limits=sandbox.limits).judge(program)).passed


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what runs inside, which is used from now on."""
    for name in INSIDE:
        shutil.copy(isolating.WARDEN.with_name(name), tmp_path)
    monkeypatch.setattr(isolating, "WARDEN", tmp_path / "warden.py")
    return tmp_path


@pytest.mark.parametrize("name", HOLES)
async def test_a_hole_is_found(shut_in: Sandbox, inside: Path, name: str) -> None:
    hole = HOLES[name]
    file = inside / hole.file
    text = file.read_text()
    assert text.count(hole.right) == 1, "its place has changed"
    assert await passes(shut_in, hole)
    file.write_text(text.replace(hole.right, hole.wrong))
    assert not await passes(shut_in, hole)


async def test_a_run_without_a_limit_to_processes_is_refused(
    shut_in: Sandbox, inside: Path
) -> None:
    file = inside / "warden.py"
    file.write_text(file.read_text().replace('bound(job["limits"])', "pass"))
    with pytest.raises(CannotIsolate, match="number of processes"):
        await Sandbox(limits=shut_in.limits).prepare()


async def test_a_network_is_found(
    shut_in: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hole = Hole("", "", "", "import socket\nreturn len(socket.if_nameindex())", "1")
    assert await passes(shut_in, hole)
    left = [name for name in isolating.NAMESPACES if name != "--net"]
    monkeypatch.setattr(isolating, "NAMESPACES", left)
    assert not await passes(shut_in, hole)


async def test_an_environment_is_found(
    shut_in: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hole = Hole("", "", "", "import os\nreturn 'KEY' in os.environ", "False")
    assert await passes(shut_in, hole)
    monkeypatch.setitem(running.ENVIRONMENT, "KEY", "secret")
    assert not await passes(shut_in, hole)
