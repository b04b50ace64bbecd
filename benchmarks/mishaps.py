"""What the libraries for worker processes do when things go wrong."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trio
from trio.testing import MockClock

from .contenders import CONTENDERS, Run, busy, run_in, running, workers_of
from .work import count_to, crash, fail, leave, nothing, stay

Mishap = Callable[[Run], Awaitable[str]]


async def raised_by(run: Run, *job: Any) -> str:
    try:
        with trio.fail_after(10):
            result = await run(*job)
    except BaseException as error:  # noqa: ASYNC103 - nothing cancels this
        return type(error).__name__
    return str(result)


async def _then(run: Run, first: str) -> str:
    return f"{first}; the next call, for 6, gives {await raised_by(run, count_to, 4)}"


async def a_cancel_while_busy(run: Run) -> str:
    async with busy(run) as (scope, worker):
        scope.cancel()
    still = worker in running(parent=os.getpid())
    return await _then(run, "the worker is still there" if still else "it is gone")


async def a_cancel_while_starting(run: Run) -> str:
    before = running(parent=os.getpid())
    with trio.move_on_after(0.02):
        await run(count_to, 1)
    await trio.sleep(0.5)
    left = running(parent=os.getpid()) - before
    return await _then(run, f"{len(left)} processes left")


async def an_exit(run: Run) -> str:
    return await _then(run, await raised_by(run, leave))


async def a_segfault(run: Run) -> str:
    return await _then(run, await raised_by(run, crash))


async def a_lambda(run: Run) -> str:
    return await _then(run, await raised_by(run, lambda: None))


async def an_error(run: Run) -> str:
    try:
        await run(fail)
    except LookupError as error:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_name == fail.__name__:
                return "the traceback shows the line in the worker"
            trace = trace.tb_next
    return "the traceback ends in this process"


MISHAPS: dict[str, Mishap] = {
    "cancelled while the worker is busy": a_cancel_while_busy,
    "cancelled while the worker starts": a_cancel_while_starting,
    "the function calls os._exit": an_exit,
    "the function crashes the interpreter": a_segfault,
    "the function is a lambda": a_lambda,
    "the function raises": an_error,
}


# --- what needs a program of its own ---


def ctrl_c_while_busy(name: str, sign: str) -> None:
    """Be broken by Ctrl-C; the other side presses it."""

    async def job(run: Run) -> None:
        await run(stay, sign)

    run_in(CONTENDERS[name], job)


def ctrl_c_handled(name: str, _sign: str) -> None:
    """Take Ctrl-C for what it means to this program, and go on."""

    async def job(run: Run) -> list[str]:
        await run(nothing)
        with trio.open_signal_receiver(signal.SIGINT) as signals:
            os.killpg(0, signal.SIGINT)
            async for _ in signals:
                break
            await trio.sleep(0.2)
            return [await raised_by(run, count_to, number) for number in (2, 3, 4)]

    print("calls for 1, 3, 6 give", run_in(CONTENDERS[name], job))


def a_jumping_clock(name: str, _sign: str) -> None:
    """Make the first call on a clock that jumps when everybody sleeps."""

    async def main() -> str:
        async with CONTENDERS[name]() as run:
            try:
                return str(await run(count_to, 4))
            except Exception as error:
                return type(error).__name__

    print(trio.run(main, clock=MockClock(autojump_threshold=0)))


def the_end(name: str, _sign: str) -> None:
    """Look who is there when the Trio run is over."""

    async def job(run: Run) -> None:
        await run(nothing)

    run_in(CONTENDERS[name], job)
    print(workers_of() or "nobody")


IN_A_PROGRAM = {
    "Ctrl-C in the terminal while a worker is busy": ctrl_c_while_busy,
    "Ctrl-C that the program handles, while a worker is idle": ctrl_c_handled,
    "the first call under an autojump clock": a_jumping_clock,
    "who is left after the Trio run": the_end,
}


def stage(what: str, name: str, sign: str) -> None:
    """Be the program in which it happens."""
    IN_A_PROGRAM[what](name, sign)


def happens_in_a_program(what: str, name: str) -> str:
    """Start a program in a group of processes of its own, as a terminal does."""
    with tempfile.TemporaryDirectory() as folder:
        sign = Path(folder, "sign")
        program = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "benchmarks.processes", what, name, str(sign)],
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if IN_A_PROGRAM[what] is ctrl_c_while_busy:
            while not sign.exists():
                time.sleep(0.01)
            os.killpg(program.pid, signal.SIGINT)
        output, errors = program.communicate(timeout=60)
    last = errors.strip().rpartition("\n")[2]
    left = running(session=program.pid)
    return f"{output.strip() or last}; {len(left)} processes left at the end"
