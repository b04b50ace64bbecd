"""End a test in which nothing can happen any more, and say who waits for what."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

import trio
from trio.lowlevel import (
    add_instrument,
    current_task,
    current_trio_token,
    remove_instrument,
)

from .._core.trio_private import break_off
from .looking import below, who_waits
from .pulse import THREAD_NAME
from .values import Stall

_LONG = 3600  # seconds; Trio never sleeps longer than a day at once
_ONCE_IN = 1_000  # idle passes: a thread may end and leave nothing behind
_IDLE_TRIO_THREAD = "Trio thread "


class Stalled(Exception):
    """The program under test gets nowhere any more, or goes on for too long.

    Either nothing can happen: every task waits, and nothing is left that could wake
    one; or only a thread, a signal or a socket could, and time is virtual, which
    cannot pass while they work. Or the program took too many steps, as when tasks wake
    each other without an end.

    Attributes:
        stall: who waits for what, unless the program went on for too long.
    """

    stall: Stall | None

    def __init__(self, text: str, *, stall: Stall | None = None) -> None:
        super().__init__(text if stall is None else f"{text}: {stall}")
        self.stall = stall


@contextmanager
def fail_when_stalled() -> Generator[None]:
    """Raise `Stalled` as soon as every task waits and nothing can wake one.

    With an autojump clock such a test would keep a CPU busy for ever, and without one
    it would sleep for ever. What gives hope: a deadline, a thread, a signal, a socket,
    and another thread that has begun in the block. All tasks of the run are looked at,
    and those in the block are cancelled.

    Raises:
        Stalled: nothing can happen any more; it says who waits for what. Its cause is
            what else the block has raised, if anything.

    Example::

        with fail_when_stalled():
            await philosophers_dine()
    """
    __tracebackhide__ = True  # pytest need not show this
    guard = _Guard()
    error: Exception | None = None
    try:
        with guard.scope:
            add_instrument(guard)
            try:
                yield
            finally:
                remove_instrument(guard)
    except Exception as raised:
        if guard.stall is None:
            raise
        error = raised
    if guard.stall is not None:
        raise Stalled("nothing happens any more", stall=guard.stall) from error


class _Guard(trio.abc.Instrument):
    """Looks on until a pass of Trio's loop has nothing to do.

    Under an autojump clock the loop does not sleep but turns, and a pass in which
    nothing was scheduled since the last one may be the one before the clock jumps. So
    it takes two of them. Acting is left to a function that Trio calls: what a hook
    wakes is not seen before the wait that follows is over.
    """

    def __init__(self) -> None:
        self.stall: Stall | None = None
        self.scope = trio.CancelScope()
        self._task = current_task()
        self._token = current_trio_token()
        self._threads = {*threading.enumerate()}
        self._idle_passes = 0

    def task_scheduled(self, task: trio.lowlevel.Task) -> None:
        """Note that the next pass has something to do."""
        del task
        self._idle_passes = -1

    def before_io_wait(self, timeout: float) -> None:
        """Look around if nothing is to do, and if that was not done already."""
        if timeout >= _LONG:
            self._idle_passes = max(self._idle_passes, 1)
        self._idle_passes += 1
        if self._idle_passes % _ONCE_IN == 2:
            stall = who_waits()
            if stall.forever and not self._new_threads():
                self._token.run_sync_soon(self._end, stall)

    def _end(self, stall: Stall) -> None:
        if self.stall is None:
            self.stall = stall
            self.scope.cancel()
        else:  # somebody is shielded from that
            for task in reversed([self._task, *below(self._task)]):
                if break_off(task, self._raise):
                    break

    def _raise(self) -> NoReturn:
        __tracebackhide__ = True
        raise Stalled("it shields itself from cancellation", stall=self.stall)

    def _new_threads(self) -> bool:
        """Return whether there are threads that may call in, for all we know."""
        return any(
            thread not in self._threads
            and not thread.name.startswith((_IDLE_TRIO_THREAD, THREAD_NAME))
            for thread in threading.enumerate()
        )
