"""The pieces of an answer, fetched by a task beside the block that reads them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import attrs
import trio

from .errors import ModelError
from .model import Answer, Pieces

Fetch = Callable[[trio.MemorySendChannel[str | Answer]], Awaitable[object]]

_ROOM = 32  # pieces that may wait for the reader before the network has to


@asynccontextmanager
async def fetched(fetch: Fetch) -> AsyncGenerator[Pieces]:
    """Give the pieces that *fetch* sends while the block runs.

    A `ModelError` of *fetch* is received behind the last piece that it sent. Leaving
    the block cancels it. What is raised in the block comes out as it is, not in a
    group: to the block there is no nursery.
    """
    sender, receiver = trio.open_memory_channel[str | Answer](_ROOM)
    pieces = _Fetched(receiver)

    async def run() -> None:
        with sender:
            try:
                await fetch(sender)
            except ModelError as error:
                pieces.error = error
            except trio.BrokenResourceError:
                if sender.statistics().open_receive_channels:
                    raise  # not because the reader wants no more

    alone: BaseException | None = None
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run)
            with receiver:
                yield pieces
                nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        if len(group.exceptions) != 1:
            raise
        alone = group.exceptions[0]
    if alone is not None:
        raise alone  # out here, so that the group does not become its context


@attrs.define(eq=False)
class _Fetched(trio.abc.ReceiveChannel[str | Answer]):
    """A channel that may end with an error."""

    channel: trio.MemoryReceiveChannel[str | Answer]
    error: ModelError | None = None

    async def receive(self) -> str | Answer:
        try:
            return await self.channel.receive()
        except trio.EndOfChannel:
            if self.error is None:
                raise
            raise self.error from None

    async def aclose(self) -> None:
        await self.channel.aclose()
