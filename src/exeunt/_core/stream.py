"""An answer that comes item by item, at the pace of its reader.

The turn of the request lasts as long as the stream. The agent's own task advances the
iterator, so the agent's state stays its own, and only when the reader wants an item:
nothing is made that nobody has asked for, and no buffer stands between the two.

In the block, then, one always waits for the other, and both waits are edges of the
wait-for graph: the reader's for the agent while it wants an item, and the agent's for
the reader while it does not. That is why entering waits until the turn has begun: what
the reader may not do in the block does not depend on how full the mailbox was.

Where an iterator is suspended in a ``yield`` when its turn is cancelled, the
cancellation is raised there, as if the ``yield`` were a checkpoint, rather than the
iterator merely closed. Cancel scopes and nurseries around the ``yield`` need that: a
cancellation that is theirs would never reach them from outside. PEP 789 tells why this
goes wrong elsewhere; here it is safe, as one task alone runs the iterator.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import trio
from trio.lowlevel import (
    Abort,
    RaiseCancelT,
    cancel_shielded_checkpoint,
    checkpoint_if_cancelled,
    disable_ki_protection,
    enable_ki_protection,
)

from .._model.request import Request
from .._model.words import shown
from ..exceptions import Deadlock
from .ask import Ask, Stage, look
from .lane import NOTHING
from .waiting import Wait

if TYPE_CHECKING:
    from .life import Life

T = TypeVar("T")


@asynccontextmanager
@enable_ki_protection
async def streamed(
    life: "Life", request: Request[AsyncIterable[T]]
) -> AsyncGenerator[AsyncIterator[T]]:
    """Have *request* answered item by item, within the block."""
    await look(life, request)
    stream = Stream(life, request)
    stream.post()
    answer = await stream.answer()
    if stream.opened:
        try:
            yield stream
        finally:
            await stream.leave()  # noqa: ASYNC102
    else:  # the reply was deferred, so the turn is over, and this task is the one
        if not hasattr(answer, "__aiter__"):
            raise _no_stream(stream, answer)
        items: AsyncIterator[T] = aiter(answer)
        try:
            yield items
        finally:
            await _close(items)  # noqa: ASYNC102


class Stream(Ask):
    """One reader, one request, many items.

    It lies in the mailbox like any ask, and until it is opened it is one: whoever
    waits to enter the block is the asker of a linked request. Afterwards it is the
    iterator that the reader holds.
    """

    __slots__ = (
        "_deadlock",
        "_demand",
        "_item",
        "_left",
        "_reader",
        "_reading",
        "opened",
    )

    def __init__(self, life: "Life", request: Request[Any]) -> None:
        super().__init__(life, request)
        self.opened = False
        self._left = False
        self._reading = False
        self._reader = self._waiter  # whose own task it is that wants the items
        self._demand = Demand(None)
        self._deadlock: Deadlock | None = None
        self._item: Any = NOTHING

    @property
    def linked(self) -> bool:
        """Whether the turn is cancelled with its asker: always."""
        return True

    # What the agent's own task does.

    @enable_ki_protection
    async def produce(self, handler: Any, request: Request[Any]) -> None:
        """Be the turn: have *request* handled, and then what it was answered with."""
        answer = await _unprotected(handler, request)
        lane = self.life.lane
        if self.stage is not Stage.BEGUN or (lane is not None and lane.postponing):
            return
        if not hasattr(answer, "__aiter__"):
            self.settle(error=_no_stream(self, answer))
            return
        items: AsyncIterator[Any] = aiter(answer)
        try:
            await self._feed(items)
        except StopAsyncIteration:
            pass
        finally:
            await _close(items)  # noqa: ASYNC102
        self.settle(error=self._deadlock)

    async def _feed(self, items: AsyncIterator[Any]) -> None:
        """Hand over one item after the other, each when it is wanted."""
        await checkpoint_if_cancelled()  # its reader may have left
        self.stage = Stage.STREAMING
        self.opened = True
        self.life.note("answered", self, None)
        self.release()
        item = NOTHING
        while True:
            try:
                if not await self._wanted():
                    return
            except trio.Cancelled as cancelled:  # noqa: ASYNC103 - goes on in there
                item = await _throw(items, cancelled)  # noqa: ASYNC102
                continue  # noqa: ASYNC104
            if item is NOTHING:
                item = await _unprotected(items.__anext__)
            self._item, item = item, NOTHING
            if not self._left:
                self.release()

    async def _wanted(self) -> bool:
        """Wait until the reader wants an item; return whether it does."""
        await checkpoint_if_cancelled()
        if self._left:
            return False
        try:
            self._demand = Demand(self._reader, self.message)
        except Deadlock as deadlock:
            # The reader has given up waiting for this item, and now waits for somebody
            # who waits for this agent: the stream has to give way.
            self._deadlock = deadlock
            return False
        await self._demand.park()
        return not self._left

    def defer(self) -> None:
        """Leave the answer to whoever holds the reply, unless it is on its way."""
        if self.opened:
            raise RuntimeError(
                f"agent {self.life.name!r} cannot defer the reply to "
                f"{shown(self.message)}: it is answering it, item by item"
            )
        super().defer()

    def end_turn(self) -> None:
        """The turn is over, and so is the stream, unless it is yet to begin."""
        super().end_turn()
        if self.stage is Stage.STREAMING:
            self.settle()

    # What the reader's task does.

    def __aiter__(self) -> "Stream":
        return self

    @enable_ki_protection
    async def __anext__(self) -> Any:
        self.life.check_home(self.message)
        await checkpoint_if_cancelled()
        if self._reading:
            raise trio.BusyResourceError("another task waits for an item already")
        self._reading = True
        try:
            return await self._next()
        finally:
            self._reading = False

    async def _next(self) -> Any:
        if self._item is NOTHING and self.stage is Stage.STREAMING and not self._left:
            self._demand.release()
            self._wait()
            self._reader = self._waiter
            await self.park()
        else:
            await cancel_shielded_checkpoint()
        if self._left:
            raise trio.ClosedResourceError("the block of this stream has been left")
        item, self._item = self._item, NOTHING
        if item is NOTHING:
            self.raise_error()
            raise StopAsyncIteration
        return item

    async def leave(self) -> None:
        """Want nothing more, and wait until the turn has ended."""
        self._left = True
        if self.stage is not Stage.STREAMING:
            return
        assert self.turn is not None
        self.release()  # another task that still waits for an item
        self.turn.cancel()
        self._demand.release()  # the iterator may have shielded itself
        self._wait()
        await self.park()

    def _wait(self) -> None:
        Wait.__init__(self, self.life, self.message)  # one wait after the other

    def _on_cancel(self, raise_cancel: RaiseCancelT) -> Abort:
        if self._left:
            return Abort.FAILED  # the turn is cancelled already
        if self.opened:
            # The item stays wanted: a bound on one item shall not end the stream.
            return Wait._on_cancel(self, raise_cancel)
        return super()._on_cancel(raise_cancel)


class Demand(Wait):
    """The agent's wait for its reader: an edge if that is another agent's own task."""

    __slots__ = ()

    def __init__(self, reader: "Life | None", message: object = None) -> None:
        if reader is not None:
            super().__init__(reader, message)
        else:
            self._error = self._task = self._waiter = None


def _no_stream(stream: Stream, answer: object) -> TypeError:
    return TypeError(
        f"agent {stream.life.name!r} answered {shown(stream.message)} with "
        f"{shown(answer)}, which is no async iterable: ask for it, or have the handler "
        "return one, such as an async generator"
    )


async def _throw(items: Any, cancelled: trio.Cancelled) -> Any:
    try:
        if hasattr(items, "athrow"):
            return await _unprotected(items.athrow, cancelled)
        raise cancelled
    finally:
        del cancelled  # its traceback leads back here


async def _close(items: Any) -> None:
    if hasattr(items, "aclose"):
        await _unprotected(items.aclose)


@disable_ki_protection
async def _unprotected(async_fn: Any, *args: Any) -> Any:
    return await async_fn(*args)
