"""What the tests of the sandbox share: the ways to run code, and a look at the rest."""

import ctypes
import os
import select
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trio

from exeunt.team.sandbox import CannotIsolate, Limits, Sandbox

PR_SET_CHILD_SUBREAPER = 36
SHORT = Limits(wall=3, cpu=1, each=0.4, processes=16)


def shuts_in() -> bool:
    """Try whether code can be shut in on this machine."""
    try:
        trio.run(Sandbox().prepare)
    except CannotIsolate:
        return False
    return True


NEEDS_WALLS = pytest.mark.skipif(not shuts_in(), reason="code cannot be shut in here")
SHUT_IN = pytest.param(Sandbox(limits=SHORT), id="shut in", marks=NEEDS_WALLS)
OPEN = pytest.param(Sandbox(isolation="none", limits=SHORT), id="open")


@pytest.fixture(params=[SHUT_IN])
def shut_in(request: pytest.FixtureRequest) -> Sandbox:
    """A sandbox that isolates."""
    sandbox: Sandbox = request.param
    return sandbox


@pytest.fixture(params=[SHUT_IN, OPEN])
def anyhow(request: pytest.FixtureRequest) -> Sandbox:
    """A sandbox that isolates, and one that does not."""
    sandbox: Sandbox = request.param
    return sandbox


@pytest.fixture
def unisolated() -> Sandbox:
    """A sandbox that does not isolate."""
    return Sandbox(isolation="none", limits=SHORT)


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """See that no process and no file is left, however deep the process was hidden.

    Whoever loses its parent becomes ours for the time of the test, so all that is left
    of a run is found among our children.
    """
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = children()
    try:
        yield
        left = [pid for pid in children() - before if not ends(pid)]
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    assert not left
    assert not [*folder.iterdir()]


def ends(pid: int) -> bool:
    """Say whether the process ends by itself, as one that has been told to does."""
    fd = os.pidfd_open(pid)
    try:
        ended, _, _ = select.select([fd], [], [], 0.5)
    finally:
        os.close(fd)
    if not ended:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return bool(ended)


def children() -> set[int]:
    """Return the processes that are ours."""
    found: set[int] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            found.update(map(int, (thread / "children").read_text().split()))
    return found
