"""What is told to everybody who listens, at the pace of each.

A message is published in one instant: each subscription takes it into its queue, loses
one by its own policy, or, if it is to lose nothing and has no room, has the publisher
stand in its line. So every subscription sees the same order, and one that begins later
sees nothing of what was published before.

Prior art: kameo's delivery strategies, which are the sender's; a queue and a policy for
each subscription lets every listener choose for itself.
"""

from collections.abc import Callable, Generator, Hashable
from contextlib import AbstractContextManager, contextmanager
from typing import Generic, Literal, TypeVar, final, get_args

import trio
from trio.lowlevel import checkpoint_if_cancelled, enable_ki_protection

from .._core.bound import BoundToRun
from .._core.setting import Setting
from .._model.words import shown
from .queue import Publication, Queue
from .subscription import Subscription

M = TypeVar("M")

_Overflow = Literal["wait", "drop_newest", "drop_oldest", "latest"]
_OVERFLOWS: tuple[str, ...] = get_args(_Overflow)


@final
class Topic(BoundToRun, Generic[M]):
    """Messages of the type *M* for everybody who has subscribed.

    It belongs to the Trio run in which it is made, and its end is `close`. It has no
    task of its own.

    Example::

        news = Topic[str]()
        with news.subscribe() as subscription:
            await news.publish("it rains")
            print(await subscription.receive())
    """

    __slots__ = ("_closed", "_queues")

    def __init__(self) -> None:
        super().__init__()
        self._queues: dict[Queue, None] = {}
        self._closed = False

    def __repr__(self) -> str:
        return f"<Topic with {len(self._queues)} subscriptions>"

    def subscribe(
        self,
        *,
        capacity: int = 32,
        overflow: _Overflow = "drop_oldest",
        key: Callable[[M], Hashable] | None = None,
    ) -> AbstractContextManager[Subscription[M]]:
        """Get what is published while the block runs.

        Args:
            capacity: how many messages wait to be received before *overflow* says
                what happens; 0 only for ``"wait"``.
            overflow: what happens to a message for which there is no room.
                ``"drop_oldest"``: the one that has waited longest is lost for it;
                ``"drop_newest"``: it is lost; ``"latest"``: an older one that has the
                same key is lost for it, or else the one that has waited longest;
                ``"wait"``: nothing is lost, and `Topic.publish` waits.
            key: for ``"latest"``: returns the key of a message, which is hashable.

        Returns:
            A context manager (``with``, not ``async with``) that begins the
            `Subscription`, gives it, and ends it.

        Raises:
            trio.ClosedResourceError: the topic was closed.
            TypeError: an argument is of the wrong kind, or *key* is missing.
            ValueError: *capacity* is out of range, or there is no such *overflow*.
            WrongRun: called from another thread or another Trio run.

        Example::

            with topic.subscribe(capacity=1) as subscription:
                async for message in subscription:
                    print(message)
        """
        self._check_home()
        self._check_open("subscribed to")
        if overflow not in _OVERFLOWS:
            raise ValueError(
                "the overflow of a subscription is one of "
                f"{', '.join(map(repr, _OVERFLOWS))}, not {shown(overflow)}"
            )
        setting = Setting(capacity=capacity, overflow=overflow, key=key)
        setting.check()
        return self._subscribed(setting)

    @enable_ki_protection
    def publish_nowait(self, message: M) -> None:
        """Give *message* to every subscription in this instant, or to none.

        Args:
            message: what to tell them.

        Raises:
            trio.WouldBlock: a subscription with ``overflow="wait"`` has no room.
            trio.ClosedResourceError: the topic was closed.
            WrongRun: called from another thread or another Trio run.

        Example::

            topic.publish_nowait("it rains")
        """
        self._check_home(message)
        self._check_open("published to")
        full = sum(queue.full for queue in self._queues)
        if full:
            raise trio.WouldBlock(
                f"nobody was told: {full} of {len(self._queues)} subscriptions "
                "have no room and are to lose nothing; await publish() waits for them"
            )
        self._offer(message)

    @enable_ki_protection
    async def publish(self, message: M) -> None:
        """Give *message* to every subscription, waiting for those that lose nothing.

        Always a checkpoint. All the others have it at once, whoever is waited for. If
        the wait is cancelled, all have it but those that were still waited for.

        Args:
            message: what to tell them.

        Raises:
            trio.ClosedResourceError: the topic was closed. If that was during the wait,
                all have the message but those that were still waited for.
            WrongRun: called from another thread or another Trio run.

        Example::

            await topic.publish("it rains")
        """
        self._check_home(message)
        await checkpoint_if_cancelled()
        self._check_open("published to")
        await self._offer(message).arrive()

    @enable_ki_protection
    def close(self) -> None:
        """End all subscriptions, each when it has received what waits in its queue.

        Whoever waits in `publish` is refused at once. May be repeated.

        Raises:
            WrongRun: called from another thread or another Trio run.

        Example::

            topic.close()
        """
        self._check_home()
        self._closed = True
        for queue in self._queues:
            queue.close()
        self._queues.clear()

    @contextmanager
    def _subscribed(self, setting: Setting) -> Generator[Subscription[M]]:
        self._check_open("subscribed to")
        queue = Queue(setting)
        self._queues[queue] = None
        try:
            yield Subscription[M](queue)
        finally:
            self._forget(queue)

    @enable_ki_protection
    def _forget(self, queue: Queue) -> None:
        self._queues.pop(queue, None)
        queue.end()

    def _offer(self, message: M) -> Publication:
        publication = Publication(message)
        for queue in tuple(self._queues):
            queue.take_in(publication)
            if queue.error is not None:
                del self._queues[queue]
        return publication

    def _check_open(self, what: str) -> None:
        if self._closed:
            raise trio.ClosedResourceError(f"the topic was closed: it cannot be {what}")
