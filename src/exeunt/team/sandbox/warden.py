"""Shuts the tested code in, and ends with it. Standard library only.

Where it isolates, it is the first process of its namespace, so nothing in there
outlives it, and the tested code can neither end it nor look into it. It ends when the
tested code has ended, and also when the host closes the standard input or dies.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

HERE = str(Path(__file__).parent)
ANSWERS = 3  # the only descriptor that the tested process has
OWN = "child", "jail", "warden"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from . import child, jail
    from .child import Job
else:  # it runs as a script, without the package
    sys.path.insert(0, HERE)
    import child
    import jail


def main() -> None:
    """Do the one job that the first line of the standard input is."""
    job = json.loads(sys.stdin.buffer.readline())
    try:
        pid = begin(job)
    except OSError as error:
        say(cannot=str(error))
        end(job)
    os.close(1)
    threading.Thread(target=watch_host, args=(pid,), daemon=True).start()
    ended = status = 0
    while ended != pid:
        ended, status = os.wait()
    say(status=os.waitstatus_to_exitcode(status))
    end(job)


def begin(job: Job) -> int:
    """Start the tested process."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.chdir(job["folder"])
    proc = jail.enter(Path.cwd(), job["disk"]) if job["isolated"] else None
    pid = os.fork()
    if pid:
        return pid
    try:
        if proc is not None:
            os.setsid()  # a signal to its group would reach out of the namespace
            jail.give_up_rights(proc)
        bound(job["limits"])
    except OSError as error:
        say(cannot=str(error))
    else:
        be_tested(job, nothing)
    finally:
        os._exit(0)


def be_tested(job: Job, nothing: int) -> None:
    """Forget everything but the job, and do it."""
    answers, silence = os.dup(1), os.dup(nothing)  # neither of them is ANSWERS then
    os.dup2(answers, ANSWERS)
    for fd in 0, 1, 2:
        os.dup2(silence, fd)
    os.closerange(ANSWERS + 1, os.sysconf("SC_OPEN_MAX"))
    sys.path.remove(HERE)
    for name in OWN:
        sys.modules.pop(name, None)
    child.answer_all(job, ANSWERS)


def bound(limits: Mapping[str, Sequence[int]]) -> None:
    """Set the limits, for this process and what it starts."""
    for name, wanted in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        soft, hard = wanted
        most = resource.getrlimit(kind)[1]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(kind, (soft, hard))


def watch_host(pid: int) -> None:
    """Wait until the host lets go, and end the tested process."""
    while os.read(0, 1):
        pass
    os.kill(pid, signal.SIGKILL)


def say(**facts: object) -> None:
    """Tell the host something that the tested code cannot."""
    with suppress(BrokenPipeError):  # there may be no host any more
        os.write(2, json.dumps(facts).encode() + b"\n")


def end(job: Job) -> NoReturn:
    """End everything that has been started here, and this process with it."""
    if not job["isolated"]:
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
