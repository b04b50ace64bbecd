"""A program of agents: it leaves when it is told to, and says how it went."""

import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    nullcontext,
    suppress,
)
from inspect import iscoroutine
from logging import Logger, getLogger
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, Self, TextIO, TypeVarTuple

import attrs
import trio
from trio.lowlevel import disable_ki_protection, enable_ki_protection

from ._core.setting import check_number
from ._model.report import account
from ._model.restarts import Backoff
from .supervision.opening import StrategyWord, open_supervisor
from .supervision.supervisor import Supervisor

Ts = TypeVarTuple("Ts")

ASKING = [signal.SIGINT, signal.SIGTERM]
if sys.platform == "win32":  # pragma: no cover - what Ctrl-Break sends there
    ASKING.append(signal.SIGBREAK)

log: Logger = getLogger("exeunt")


def run(
    main: Callable[[Supervisor, *Ts], Awaitable[object]],
    *args: *Ts,
    grace: float = 10.0,
    strategy: StrategyWord = "one_for_one",
    max_restarts: int = 3,
    within: float = 5.0,
    backoff: Backoff | None = None,
    report: TextIO | None = None,
    recorder: AbstractContextManager[object] | None = None,
) -> int:
    """Run a program of agents until it ends or a signal ends it.

    Opens a supervisor in a Trio run of its own and awaits ``main(supervisor, *args)``
    as the body of its block, so all that a supervisor promises holds. The first SIGINT
    (Ctrl-C) or SIGTERM stops it: main is cancelled and the agents are drained, in
    order. The second cancels them, in order. The third does what it would have done
    without this function. At the end a report says who left how.

    Args:
        main: an async function of a `Supervisor` and *args*. When it returns, the
            agents are drained and the program ends.
        args: what else main is called with.
        grace: how many seconds the agents may take to leave after the first signal;
            then they are cancelled, in order, and the next signal is the third. It
            bounds no call: it is the application's promise to whoever sends the
            signal, and `math.inf` where there is none.
        strategy: as for `open_supervisor`.
        max_restarts: as for `open_supervisor`.
        within: as for `open_supervisor`.
        backoff: as for `open_supervisor`.
        report: where the report goes; to standard error if not given.
        recorder: runs along, from before the first agent to after the last; an
            `exeunt.tracing.Recorder`, such as ``Recorder(dump="crash.jsonl")``.

    Returns:
        An exit status for `sys.exit`: 0 if all is well; 1 if the grace ran out or
        messages were undelivered; 128 and the number of the second signal, if that
        has cancelled.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: an argument is out of range.
        RuntimeError: not called in the main thread, the only one that gets signals,
            or called from within a Trio run.
        ExceptionGroup: main or an agent has failed. The report is written before.

    Example::

        async def main(supervisor: Supervisor, path: str) -> None:
            log = await supervisor.start(Log, path)
            await supervisor.start(Web, log, uses=[log])
            await trio.sleep_forever()

        if __name__ == "__main__":
            sys.exit(run(main, "log.txt"))
    """
    _check(main, grace, report)
    application = Application(
        open_supervisor(
            strategy=strategy, max_restarts=max_restarts, within=within, backoff=backoff
        ),
        grace,
        recorder or nullcontext(),
    )
    try:
        trio.run(application.play, main, args)
    finally:
        if application.supervisor is not None:  # pragma: no branch - else it raises
            _write(application.report(), sys.stderr if report is None else report)
    return application.status


@attrs.define
class Application:
    """One run of a program, and how it came to its end."""

    opened: AbstractAsyncContextManager[Supervisor]
    grace: float
    recorder: AbstractContextManager[object] = attrs.field(factory=nullcontext)
    supervisor: Supervisor | None = None
    signals: "list[signal.Signals]" = attrs.field(factory=list[signal.Signals])
    overran: bool = False  # the grace
    failed: bool = False

    @enable_ki_protection
    async def play(
        self, main: Callable[..., Awaitable[object]], args: tuple[object, ...]
    ) -> None:
        """Be the whole program, from its first agent to its last."""
        with self.recorder:
            await self._play(main, args)

    async def _play(
        self, main: Callable[..., Awaitable[object]], args: tuple[object, ...]
    ) -> None:
        failure: BaseException | None = None
        with Signals(self.signals) as signals:
            async with trio.open_nursery() as nursery:
                try:
                    async with self.opened as self.supervisor:
                        nursery.start_soon(self._escort, signals)
                        await _unprotected(main, self.supervisor, args)
                except BaseException as raised:  # noqa: ASYNC103 - raised below
                    failure = raised  # outside the nursery, which would wrap it
                nursery.cancel_scope.cancel()
        try:
            if failure is not None:
                self.failed = True
                raise failure
        finally:
            del failure

    async def _escort(self, signals: "Signals") -> None:
        """Have everybody leave once a signal has come."""
        assert self.supervisor is not None
        await signals.first.wait()
        log.info("%s: all leave within %g s", self.signals[0].name, self.grace)
        self.supervisor.stop()
        with trio.move_on_after(self.grace):
            await signals.second.wait()
        if len(self.signals) == 1:
            self.overran = True
            signals.give_back()
        log.info("after %s, all are cancelled", self.cues[-1])
        self.supervisor.cancel(f"after {self.cues[-1]}")

    @property
    def cues(self) -> list[str]:
        """What has made everybody leave, if main did not just return."""
        cues = [each.name for each in self.signals]
        if self.overran:
            cues.append(f"a grace of {self.grace:g} s")
        if self.failed:
            cues.append("a failure")
        return cues

    @property
    def status(self) -> int:
        """The exit status."""
        assert self.supervisor is not None
        if len(self.signals) > 1:
            return 128 + self.signals[1]
        lost = any(outcome.undelivered for outcome in self.supervisor.outcomes)
        return int(self.overran or lost)

    def report(self) -> str:
        """Say who left how, and why."""
        assert self.supervisor is not None
        return account(self.supervisor.outcomes, self.cues)


class Signals:
    """Counts the signals that ask the program to leave.

    `trio.open_signal_receiver` would not do: its block is left by a task, and a program
    that is stuck in a loop runs none any more. Here the second signal itself gives the
    next one back to those who had it before, so that the third can break the loop.
    """

    def __init__(self, came: list[signal.Signals]) -> None:
        self.came = came
        self.first: trio.Event = trio.Event()
        self.second: trio.Event = trio.Event()
        self._token = trio.lowlevel.current_trio_token()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        handlers = {each: signal.getsignal(each) for each in ASKING}
        for each, handler in handlers.items():
            # What is ignored stays so: shells have it that way for what they run in
            # the background. And what is not Python's could not be given back.
            if handler not in (signal.SIG_IGN, None):
                self._before[each] = signal.signal(each, self._come)
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back()

    def give_back(self) -> None:
        """Let the signals do what they did before."""
        for each, handler in self._before.items():
            if signal.getsignal(each) == self._come:
                signal.signal(each, handler)

    @enable_ki_protection  # so that the third cannot come between
    def _come(self, number: int, _: FrameType | None) -> None:
        self.came.append(signal.Signals(number))
        if len(self.came) > 1:
            self.give_back()
        self._token.run_sync_soon(self._tell)

    def _tell(self) -> None:
        self.first.set()
        if len(self.came) > 1:
            self.second.set()


@disable_ki_protection
async def _unprotected(
    main: Callable[..., Awaitable[object]],
    supervisor: Supervisor,
    args: tuple[object, ...],
) -> None:
    await main(supervisor, *args)


def _check(main: object, grace: object, report: object) -> None:
    if iscoroutine(main):
        main.close()
        raise TypeError(
            "run calls the main function itself: write run(main), not main()"
        )
    if not callable(main):
        raise TypeError(f"main is an async function of a Supervisor, not {main!r}")
    if not check_number("grace", grace) >= 0:
        raise ValueError(f"grace is a number of seconds, 0 or more, not {grace}")
    if report is not None and not hasattr(report, "write"):
        raise TypeError(f"report is a text file that is open to write, not {report!r}")
    if current_thread() is not main_thread():
        raise RuntimeError(
            "run was called in another thread than the main one, which alone gets "
            "signals: call it there, or use open_supervisor() where you are"
        )


def _write(text: str, report: TextIO | None) -> None:
    if report is None:
        return  # a program without a console has no standard error
    encoding = getattr(report, "encoding", None) or "utf-8"
    # Where it cannot be written, there is nobody left to tell.
    with suppress(OSError, ValueError):
        report.write(text.encode(encoding, "backslashreplace").decode(encoding))
        report.flush()
