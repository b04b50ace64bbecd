"""Worker processes: what goes in, what comes out, and who is left behind."""

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from math import factorial
from pathlib import Path
from typing import Any

import pytest
import trio

try:
    from exeunt.exceptions import WorkerDied
    from exeunt.processes import _death, run_in_process
except ImportError as _error:
    pytest.skip(str(_error), allow_module_level=True)


class NotSoSimple(Exception):
    """An error that pickle alone could not bring back."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)
        self.second = second


def fail() -> None:
    raise NotSoSimple("one", "two")


def give_back_a_function() -> Any:
    return lambda: None


def kill_oneself(number: int) -> None:
    os.kill(os.getpid(), number)


async def do_nothing() -> None: ...


async def error_of(async_fn: Callable[..., Awaitable[object]], *args: Any) -> Any:
    try:
        await async_fn(*args)
    except Exception as error:
        return error
    raise AssertionError("it raised nothing")


async def test_an_error_brings_its_traceback() -> None:
    error = await error_of(run_in_process, fail)
    assert (type(error), error.args, error.second) == (NotSoSimple, ("one",), "two")
    trace, names = error.__traceback__, set()
    while trace is not None:
        names.add(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert "fail" in names


async def test_what_cannot_come_back_is_an_error_and_the_worker_goes_on() -> None:
    pid = await run_in_process(os.getpid)
    await error_of(run_in_process, give_back_a_function)
    assert await run_in_process(os.getpid) == pid


async def test_keywords_go_into_a_partial() -> None:
    assert await run_in_process(functools.partial(int, base=2), "101") == 5


@pytest.mark.parametrize(
    "call", [(None,), (do_nothing,), (lambda: 1,), (len, lambda: 1)]
)
async def test_what_cannot_be_sent_is_refused_at_the_call(call: Any) -> None:
    assert isinstance(await error_of(run_in_process, *call), TypeError)


async def test_a_worker_that_is_killed_says_by_what() -> None:
    error = await error_of(run_in_process, kill_oneself, signal.SIGKILL)
    assert isinstance(error, WorkerDied)
    assert error.exitcode == -signal.SIGKILL
    assert "SIGKILL" in str(error)


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    assert "died with exit code -999: " in str(_death(len, -999))


def kill(pid: int) -> None:
    """Kill a child and wait until it is dead, but leave its burial to others."""
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


async def test_an_idle_worker_that_was_killed_is_replaced() -> None:
    pid = await run_in_process(os.getpid)
    kill(pid)
    assert await run_in_process(os.getpid) != pid


def test_a_killed_idle_worker_does_no_harm_at_the_end() -> None:
    async def main() -> int:
        kill(await run_in_process(os.getpid))
        return 1

    assert trio.run(main) == 1


async def test_the_limiter_bounds_how_many_work_at_once() -> None:
    limiter = trio.CapacityLimiter(1)
    done: list[int] = []

    async def one(number: int) -> None:
        done.append(await run_in_process(factorial, number, limiter=limiter))
        assert limiter.statistics().borrowed_tokens <= 1

    async with limiter, trio.open_nursery() as nursery:
        for number in (3, 4):
            nursery.start_soon(one, number)
        await trio.testing.wait_all_tasks_blocked()
        assert limiter.statistics().tasks_waiting == 2
        assert done == []
        nursery.cancel_scope.cancel()
    assert done == []
    assert await run_in_process(factorial, 3, limiter=limiter) == 6


async def test_a_cancelled_call_does_not_begin() -> None:
    with trio.CancelScope() as scope:
        scope.cancel()
        await run_in_process(factorial, 3)
    assert scope.cancelled_caught


def test_two_runs_have_workers_of_their_own() -> None:
    async def main() -> int:
        mine = await run_in_process(os.getpid)
        other = await trio.to_thread.run_sync(trio.run, run_in_process, os.getpid)
        assert mine != other
        assert await run_in_process(os.getpid) == mine
        return other

    gone = trio.run(main)
    with pytest.raises(ProcessLookupError):
        os.kill(gone, 0)


PROGRAM = """
import os
from math import factorial

import trio
from exeunt.processes import run_in_process

async def main():
    print(await run_in_process(factorial, 3))

if __name__ == "__main__":
    trio.run(main)
    children = os.popen(f"ps -o args= --ppid {os.getpid()}").read()
    print([line for line in children.splitlines() if "spawn_main" in line])
"""


def test_a_program_leaves_no_worker_behind(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("6\n[]\n", "")
