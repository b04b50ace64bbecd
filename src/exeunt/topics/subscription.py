"""What a listener holds of a topic."""

from typing import Generic, TypeVar, final

import trio
from trio.lowlevel import (
    cancel_shielded_checkpoint,
    checkpoint_if_cancelled,
    enable_ki_protection,
    wait_task_rescheduled,
)

from .._core.bound import BoundToRun
from .queue import Queue

M_co = TypeVar("M_co", covariant=True)


@final
class Subscription(BoundToRun, Generic[M_co]):
    """What one listener gets of a `Topic`; got from `Topic.subscribe`, never made.

    One task at a time receives from it, also by ``async for message in subscription:``,
    which ends when the topic was closed and everything has been received.
    """

    __slots__ = ("_queue",)

    def __init__(self, queue: object = None) -> None:
        if not isinstance(queue, Queue):
            raise TypeError(
                "a Subscription is not made but got: with topic.subscribe() as ..."
            )
        super().__init__()
        self._queue = queue

    @property
    def lag(self) -> int:
        """How many of the messages published since it began it has lost.

        By its policy; or, where it loses nothing by itself, since a publisher that
        waited for it gave up, or since the topic was closed.
        """
        return self._queue.lag

    def __aiter__(self) -> "Subscription[M_co]":
        return self

    async def __anext__(self) -> M_co:
        try:
            return await self.receive()
        except trio.EndOfChannel:
            raise StopAsyncIteration from None

    @enable_ki_protection
    async def receive(self) -> M_co:
        """Wait for the next message and return it. Always a checkpoint.

        Returns:
            The message.

        Raises:
            trio.EndOfChannel: the topic was closed, and everything was received.
            trio.ClosedResourceError: the block of the subscription was left.
            trio.BusyResourceError: another task waits here.
            Exception: what its key function has raised, after everything was received.
            WrongRun: called from another thread or another Trio run.

        Example::

            message = await subscription.receive()
        """
        self._check_home()
        await checkpoint_if_cancelled()
        try:
            message = self.receive_nowait()
        except trio.WouldBlock:
            return await self._next()
        await cancel_shielded_checkpoint()
        return message

    @enable_ki_protection
    def receive_nowait(self) -> M_co:
        """Return the next message if there is one this instant.

        Returns:
            The message.

        Raises:
            trio.WouldBlock: there is none.
            trio.EndOfChannel: as for `receive`.
            trio.ClosedResourceError: as for `receive`.
            Exception: as for `receive`.
            WrongRun: called from another thread or another Trio run.

        Example::

            message = subscription.receive_nowait()
        """
        self._check_home()
        try:
            message: M_co = self._queue.take_out()
        except trio.ClosedResourceError:
            raise trio.ClosedResourceError(
                "the subscription has ended: its block was left"
            ) from None
        except trio.EndOfChannel:
            if self._queue.error is not None:
                raise self._queue.error from None
            raise
        return message

    async def _next(self) -> M_co:
        mailbox = self._queue.mailbox
        while True:
            if mailbox.sleeper is not None:
                raise trio.BusyResourceError(
                    "another task waits for this subscription's next message: "
                    "let one task receive, or subscribe once for each"
                )
            await wait_task_rescheduled(mailbox.fall_asleep())
            try:
                return self.receive_nowait()
            except trio.WouldBlock:
                continue  # somebody else was quicker
