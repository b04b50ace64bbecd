"""A thread that looks at a real clock, and whether Trio's loop still moves."""

# pyright: reportPrivateUsage=false

import sys
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from types import FrameType

import attrs
import trio
from trio.lowlevel import TrioToken, current_trio_token

THREAD_NAME = "exeunt watchdog"


@attrs.define(eq=False)
class Pulse:
    """Calls into the loop every so many seconds, and notices if nobody answers.

    Args:
        every: seconds between two beats.
        patience: seconds after which a beat that has not come through is too late.
        too_late: is told then, in the thread, with the frames of the loop's thread,
            the innermost first.
    """

    every: float
    patience: float
    too_late: Callable[[list[FrameType]], object]
    _token: TrioToken = attrs.field(factory=current_trio_token)
    _loop: int = attrs.field(factory=threading.get_ident)
    _over: threading.Event = attrs.field(factory=threading.Event)
    _answered: threading.Event = attrs.field(factory=threading.Event)
    _beat: trio.Event = attrs.field(factory=trio.Event)
    _gone: trio.Event = attrs.field(factory=trio.Event)
    _error: BaseException | None = None

    @asynccontextmanager
    async def beating(self) -> AsyncGenerator[None]:
        """Have the thread for the time of the block."""
        thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._answered.set()
            # It ends at once, unless it is telling somebody that it was too late.
            with trio.CancelScope(shield=True):
                await self._gone.wait()
            thread.join()

    async def next_beat(self) -> None:
        """Wait for the thread to call in again, or raise what it has failed with."""
        await self._beat.wait()
        self._beat = trio.Event()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._over.wait(self.every):
                self._answered.clear()
                self._token.run_sync_soon(self._answer)
                if not self._answered.wait(self.patience):
                    self.too_late(_frames_of(self._loop))
                    self._answered.wait()
        except BaseException as error:  # noqa: ASYNC103 - no task but a thread
            self._error = error
            self._token.run_sync_soon(self._answer)
        finally:
            self._token.run_sync_soon(self._gone.set)

    def _answer(self) -> None:
        self._answered.set()
        self._beat.set()


def _frames_of(thread: int) -> list[FrameType]:
    frames: list[FrameType] = []
    frame = sys._current_frames().get(thread)
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames
