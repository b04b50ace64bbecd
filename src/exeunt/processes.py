"""Work that keeps a CPU busy, done by worker processes: the extra *processes*.

A thread does not help such work much: while Python computes, no other thread of the
process does. The only file that knows trio-parallel; why that one is told in
``docs/explanation/processes.md``.
"""

import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, TypeVarTuple

import trio
from trio.lowlevel import RunVar, enable_ki_protection, spawn_system_task

from ._core.threads import check_function, name_of
from .exceptions import WorkerDied

try:
    # It has no types of its own.
    import trio_parallel  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
except ImportError as _error:
    raise ImportError(
        'exeunt.processes needs trio-parallel: pip install "exeunt[processes]"'
    ) from _error

__all__ = ["run_in_process"]

_library: Any = trio_parallel

R = TypeVar("R")
Ts = TypeVarTuple("Ts")

_PATIENCE = 5.0  # seconds that idle workers have to leave at the end of the run


@enable_ki_protection
async def run_in_process(
    fn: Callable[[*Ts], R], *args: *Ts, limiter: trio.CapacityLimiter | None = None
) -> R:
    """Call ``fn(*args)`` in a worker process and return what it returns.

    If the call is cancelled, the worker is killed, and only then `trio.Cancelled` is
    raised: nothing of it goes on behind your back. Workers are used again; those
    that are left end with the Trio run. Always a checkpoint.

    *fn*, *args* and the result travel by `pickle`, so *fn* has to be at the top level
    of a module. A worker begins by importing the program's main module: keep
    ``trio.run(main)`` under ``if __name__ == "__main__":``.

    Args:
        fn: a function that is not async.
        args: its arguments. For keywords use `functools.partial`.
        limiter: how many calls may work at the same time; the rest wait. If not
            given, one for each CPU in the whole Trio run.

    Returns:
        What *fn* returned.

    Raises:
        WorkerDied: the process ended before *fn* did.
        TypeError: *fn* is no function or async, or cannot be pickled, or *args*
            cannot.
        BaseException: whatever *fn* raised, with its traceback; and what pickle
            raised if the result cannot be pickled.

    Example::

        words = await run_in_process(re.findall, pattern, text)
    """
    check_function(fn, "run_in_process")
    _check_luggage(fn, args)
    workers = await _workers_of_this_run()
    try:
        result: R = await workers.run_sync(
            fn, *args, kill_on_cancel=True, limiter=limiter
        )
    except _library.BrokenWorkerError as error:
        raise _death(fn, error.args[-1].exitcode) from None
    return result


def _check_luggage(fn: Callable[..., object], args: tuple[object, ...]) -> None:
    # It is pickled again on its way. To do it here first costs little next to work
    # that is worth a process, needs no worker, and says who is to blame.
    try:
        pickle.dumps((fn, args), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        raise TypeError(
            f"cannot send {name_of(fn)} and its arguments to a process: {error}. "
            "Give a function at the top level of a module, and data that pickle takes"
        ) from error


class _Keeper:
    """Keeps the workers of one Trio run until that ends."""

    def __init__(self) -> None:
        self.workers: Any = None
        self.open = trio.Event()

    async def keep(self) -> None:
        # A worker that was killed while it idled had no work to lose.
        with suppress(_library.BrokenWorkerError):
            async with _library.open_worker_context(
                grace_period=_PATIENCE
            ) as self.workers:
                self.open.set()
                await trio.sleep_forever()


_keeper: RunVar[_Keeper] = RunVar("exeunt keeper of worker processes")


async def _workers_of_this_run() -> Any:
    try:
        keeper = _keeper.get()
    except LookupError:
        keeper = _Keeper()
        _keeper.set(keeper)
        spawn_system_task(keeper.keep)
    await keeper.open.wait()
    return keeper.workers


def _death(fn: Callable[..., object], exitcode: int) -> WorkerDied:
    how, why = f"with exit code {exitcode}", "the function ended it"
    if exitcode < 0:
        with suppress(ValueError):  # a signal that has no name
            how = f"of {signal.Signals(-exitcode).name}"
        why = "the function crashed it, somebody killed it, or memory ran out"
    if exitcode == 1:  # as after an exception that nobody catches
        why = (
            "it could not begin. It imports the program's main module: is trio.run() "
            "there under 'if __name__ == \"__main__\":'?"
        )
    return WorkerDied(
        f"the worker process for {name_of(fn)} died {how}: {why}", exitcode=exitcode
    )
