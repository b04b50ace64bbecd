"""Code that means harm is shut in. What it got hold of is seen in what it answers."""

import os
import socket
from pathlib import Path

import pytest

from exeunt.team.sandbox import Check, Limits, Program, Report, Sandbox

USED_UP = """
def loop():
    while True: pass

def loop_for_ever():
    while True:
        try: loop()
        except BaseException: pass

def sleep():
    import time
    time.sleep(1000)

def recurse():
    return recurse()

def recurse_in_c():
    import ctypes, sys
    sys.setrecursionlimit(10**9)
    deep = []
    for _ in range(10**6): deep = [deep]
    return repr(deep)

def memory():
    return len(bytearray(1024 ** 3))

def leave():
    import os
    os._exit(0)

def crash():
    import ctypes
    ctypes.string_at(0)

def print_much():
    import os, sys
    while True:
        for fd in 1, 2:
            os.write(fd, b"spam" * 10_000)

def answer_much():
    import os
    while True:
        os.write(3, b"spam" * 10_000)

def answer_many_lines():
    import os
    while True:
        os.write(3, b'{"text": "4", "plain": true}\\n' * 100)

def end_itself_strangely():
    import os
    os.kill(os.getpid(), 40)

def stop_itself():
    import os, signal
    os.kill(os.getpid(), signal.SIGSTOP)

def end_everybody():
    import os, signal
    for pid in 0, 1, os.getppid(), -1:
        try: os.kill(pid, signal.SIGKILL)
        except OSError: pass
    while True: pass

def fill_the_pipe_and_sleep():
    import os, time
    os.write(3, b'{"text": ')
    time.sleep(1000)
"""

ENDS = {
    "loop()": {"all checked"},  # its time for one expression is up
    "loop_for_ever()": {"timeout"},
    "sleep()": {"timeout"},
    "recurse()": {"all checked"},
    "recurse_in_c()": {"all checked", "crashed", "memory"},
    "memory()": {"memory"},
    "leave()": {"crashed"},
    "crash()": {"crashed"},
    "end_itself_strangely()": {"crashed"},
    "print_much()": {"all checked"},  # nobody reads it: it ends as a loop does
    "answer_much()": {"crashed"},
    "answer_many_lines()": {"all checked"},
    "stop_itself()": {"timeout"},
    "fill_the_pipe_and_sleep()": {"timeout"},
}

# Without walls this one would end the tests as well.
ENDS_INSIDE = {**ENDS, "end_everybody()": {"timeout", "crashed"}}


async def judge(sandbox: Sandbox, source: str, expression: str, want: str) -> Report:
    check = Check(expression, expression, want)
    return await sandbox.judge(Program({"attack": source}, (check,)))


async def got(sandbox: Sandbox, source: str) -> str:
    """Run the body of a function, and return what it returns, or what it raises."""
    body = "\n    ".join(source.strip().splitlines())
    (seen,) = await sandbox.observe(
        {"attack": f"def attack():\n    {body}"}, ["attack()"]
    )
    return seen


@pytest.mark.parametrize("expression", ENDS_INSIDE)
async def test_what_uses_everything_up_is_ended(
    shut_in: Sandbox, expression: str
) -> None:
    report = await judge(shut_in, USED_UP, expression, "7")
    assert not report.passed
    assert report.ended in ENDS_INSIDE[expression], report


@pytest.mark.parametrize("expression", ENDS)
async def test_limits_hold_without_walls(unisolated: Sandbox, expression: str) -> None:
    report = await judge(unisolated, USED_UP, expression, "7")
    assert not report.passed
    assert report.ended in ENDS[expression], report


@pytest.mark.parametrize("number", [20, 10**6])
async def test_forks_are_few(shut_in: Sandbox, number: int) -> None:
    seen = await got(
        shut_in,
        f"""
import os, time
for made in range({number}):
    try: pid = os.fork()
    except OSError: return made
    if pid == 0: time.sleep(1000)
return made
""",
    )
    assert int(seen) < shut_in.limits.processes


async def test_a_fork_bomb_is_over_with_its_run(shut_in: Sandbox) -> None:
    source = """
import os
while True:
    try: os.fork()
    except OSError: pass
"""
    assert await got(shut_in, source) in {"!timeout", "!crashed"}


async def test_threads_are_few_and_do_not_hold_the_run_up(shut_in: Sandbox) -> None:
    source = """
import threading, time
for made in range(1000):
    try: threading.Thread(target=time.sleep, args=(1000,)).start()
    except RuntimeError: return made
"""
    assert int(await got(shut_in, source)) < shut_in.limits.processes


async def test_no_daemon_survives(anyhow: Sandbox) -> None:
    source = """
import os, time
if os.fork() == 0:
    {setsid}
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
return os.wait()[1]
"""
    leave = "os.setsid()" if anyhow.isolation == "required" else ""
    assert await got(anyhow, source.format(setsid=leave)) == "0"


async def test_a_daemon_does_not_hold_the_run_up(shut_in: Sandbox) -> None:
    source = """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(1000)
os._exit(1)
"""
    report = await judge(shut_in, f"def go():\n  exec({source!r})", "go()", "1")
    assert report.ended == "crashed"


async def test_there_is_no_network(shut_in: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for address in ("127.0.0.1", port), ("192.0.2.1", 80), ("1.1.1.1", 53):
            seen = await got(
                shut_in, f"import socket\nsocket.create_connection({address}, 1)"
            )
            assert seen == "!OSError", address
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_there_is_no_abstract_socket(shut_in: Sandbox) -> None:
    name = f"\0exeunt-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        source = f"import socket\nsocket.socket(socket.AF_UNIX).connect({name!r})"
        assert await got(shut_in, source) == "!ConnectionRefusedError"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/1/environ",
        "/dev/null",
        "/sys",
        "/run",
        "/tmp",
        __file__,
    ],
)
async def test_files_of_the_host_are_not_there(shut_in: Sandbox, path: str) -> None:
    source = f"import os\nreturn os.open({path!r}, os.O_RDONLY)"
    seen = await got(shut_in, source)
    assert seen == "!FileNotFoundError"


async def test_of_a_home_only_the_libraries_are_there(shut_in: Sandbox) -> None:
    home = str(Path.home())
    seen = await got(shut_in, f"import os\nreturn os.listdir({home!r})")
    library = Path(os.__file__)
    below = library.relative_to(home).parts[:1] if library.is_relative_to(home) else ()
    assert seen == (repr([*below]) if below else "!FileNotFoundError")


async def test_the_environment_is_empty(
    anyhow: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    assert await got(anyhow, "import os\nreturn sorted(os.environ)") == (
        "['LANG', 'PYTHONHASHSEED']"
    )


async def test_nothing_can_be_written_but_in_a_small_folder(shut_in: Sandbox) -> None:
    everywhere = """
import os
done = []
for folder, below, _ in os.walk("/"):
    if folder.count("/") > 2: below.clear()
    try:
        with open(os.path.join(folder, "left"), "x") as file: file.write("x")
        done.append(folder)
    except OSError: pass
return done
"""
    assert await got(shut_in, everywhere) == "['/home']"
    assert await got(shut_in, "import os\nreturn os.listdir()") == "['attack.py']"


async def test_the_small_folder_is_small(shut_in: Sandbox) -> None:
    one = "with open('big', 'wb') as file: file.write(bytes(100_000_000))"
    assert await got(
        shut_in, f"import signal\nsignal.signal(25, signal.SIG_IGN)\n{one}"
    ) == ("!OSError")
    many = """
import os
for number in range(10**6):
    try:
        with open(str(number), "wb") as file: file.write(bytes(100_000))
    except OSError: break
return sum(os.path.getsize(name) for name in os.listdir())
"""
    assert int(await got(shut_in, many)) <= shut_in.limits.disk
    empty = "for number in range(10**6): open(str(number), 'x').close()"
    assert await got(shut_in, empty) == "!OSError"


async def test_files_are_bounded_without_walls(unisolated: Sandbox) -> None:
    one = "with open('big', 'wb') as file: file.write(bytes(100_000_000))"
    assert await got(unisolated, one) in {"!OSError", "!crashed"}


async def test_no_link_leads_out(shut_in: Sandbox) -> None:
    source = """
import os
os.symlink("/", "root")
os.symlink("../../../../..", "up")
top = sorted(os.listdir("/"))
return [sorted(os.listdir(place)) == top for place in ("root", "up")]
"""
    assert await got(shut_in, source) == "[True, True]"
    top = await got(shut_in, "import os\nreturn os.listdir('/')")
    assert "proc" not in top
    assert "work" not in top


async def test_modules_that_are_links_do_not_exist(shut_in: Sandbox) -> None:
    """The host follows nothing that the tested code has left."""
    source = "import os\nos.symlink('/etc', 'out')\nreturn os.path.exists('out/passwd')"
    assert await got(shut_in, source) == "False"


ASCENT = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def tried(name, *args):
    return getattr(libc, name)(*args) == 0
NEW_USER, NEW_MOUNTS = 0x10000000, 0x20000
ways = {
    "a namespace of users": lambda: tried("unshare", NEW_USER),
    "a namespace of mounts": lambda: tried("unshare", NEW_MOUNTS),
    "a mount": lambda: tried("mount", b"none", b"/home", b"tmpfs", 0, None),
    "writable libraries": lambda: tried("mount", None, b"/", None, 32 | 4096, None),
    "its way out": lambda: tried("chroot", b"/home"),
    "another user": lambda: tried("setuid", 1 if os.getuid() != 1 else 2),
    "the trace of the warden": lambda: tried("ptrace", 16, 1, None, None),
    "the end of the warden": lambda: tried("kill", 1, 9) and os.getppid() != 1,
    "a host's name": lambda: tried("sethostname", b"mine", 4),
    "a device": lambda: tried("mknod", b"/home/disk", 0o60666, 2049),
    "more limits": lambda: tried("setrlimit", 9, (ctypes.c_ulong * 2)(2**62, 2**62)),
}
return [way for way, go in ways.items() if go()]
"""


async def test_rights_are_not_regained(shut_in: Sandbox) -> None:
    assert await got(shut_in, ASCENT) == "[]"


async def test_no_descriptor_of_the_host_is_open(anyhow: Sandbox) -> None:
    source = """
import os
def is_open(fd):
    try: return bool(os.fstat(fd))
    except OSError: return False
return [fd for fd in range(64) if is_open(fd)]
"""
    assert await got(anyhow, source) == "[0, 1, 2, 3]"


async def test_it_sees_no_other_process(shut_in: Sandbox) -> None:
    source = """
import os
def there(pid):
    try: os.kill(pid, 0)
    except ProcessLookupError: return False
    except PermissionError: pass
    return True
return [pid for pid in range(1, 40_000) if there(pid)], os.getppid()
"""
    seen = await got(shut_in, source)
    assert seen in {"([1, 2], 1)", "([1, 2, 3], 1)"}  # 3 is the warden's second thread


async def test_a_generous_limit_is_one_all_the_same() -> None:
    with pytest.raises(ValueError, match="wall"):
        Limits(wall=0)
