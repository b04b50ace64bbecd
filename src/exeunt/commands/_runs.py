"""Programs that are recorded while they run, whatever they are."""

import random
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext
from functools import wraps
from inspect import iscoroutine
from typing import Any

import attrs
import trio
from trio.abc import Clock, Instrument
from trio.testing import MockClock

from .._core.trio_private import seeded
from ..stalls.failing import fail_when_stalled
from ..testing.proving.replacing import replaced
from ..tracing import Recorder, Recording
from ..tracing.film import Film

_EVENTS = 100_000  # of a run; of a longer one, its end is kept
_RUNS = 20  # of a program; one that explores makes hundreds


@attrs.define
class Runs:
    """The runs of a program, recorded as they come.

    Attributes:
        virtual: whether time jumps when all tasks wait, where the program itself has
            not said what its clock is.
        seed: decides which of the tasks that can run goes first, and what the module
            `random` draws; if not given, both are left alone.
        recordings: what was recorded.
        left_out: how many runs there were besides.
    """

    virtual: bool = False
    seed: int | None = None
    recordings: list[Recording] = attrs.field(factory=list[Recording])
    left_out: int = 0

    @contextmanager
    def recorded(self) -> Generator[None]:
        """Record every `trio.run` in the block."""
        trio_run: Any = trio.run

        @wraps(trio_run)
        def run(
            async_fn: Callable[..., Awaitable[object]],
            *args: object,
            clock: Clock | None = None,
            instruments: Sequence[Instrument] = (),
            **options: Any,
        ) -> object:
            if len(self.recordings) >= _RUNS:
                self.left_out += 1
                return trio_run(
                    async_fn, *args, clock=clock, instruments=instruments, **options
                )
            if self.virtual and clock is None:
                clock = MockClock(autojump_threshold=0)
                async_fn = _not_stalled(async_fn)
            with self._filmed() as film:
                return trio_run(
                    async_fn,
                    *args,
                    clock=clock,
                    instruments=[*instruments, film],
                    **options,
                )

        with replaced(trio, "run", run), self._seeded():
            yield

    @contextmanager
    def _filmed(self) -> Generator[Film]:
        film = Film(Recorder(events=_EVENTS, places=True))
        error: BaseException | None = None
        try:
            yield film
        except BaseException as raised:
            error = raised
            raise
        finally:
            recording = film.recording(error)
            if recording is not None:
                self.recordings.append(recording)

    @contextmanager
    def _seeded(self) -> Generator[None]:
        if self.seed is not None:
            random.seed(self.seed)
        with nullcontext() if self.seed is None else seeded(self.seed):
            yield


def _not_stalled(async_fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same, but ended when nothing can happen any more in virtual time."""

    @wraps(async_fn)
    def begin(*args: object) -> object:
        begun = async_fn(*args)
        return watched(begun) if iscoroutine(begun) else begun  # Trio will complain

    async def watched(begun: Awaitable[object]) -> object:
        with fail_when_stalled():
            return await begun

    return begin
