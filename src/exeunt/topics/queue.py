"""What lies between a topic and one listener.

A queue is a mailbox like that of an agent, with its policies, its line, and one sleeper
behind it. In the line stand publications that the listener must not lose; the same one
may stand in several lines at once.
"""

from typing import Any

import attrs
import trio
from trio.lowlevel import (
    Abort,
    RaiseCancelT,
    Task,
    cancel_shielded_checkpoint,
    current_task,
    wait_task_rescheduled,
)

from .._core.mailbox import Mailbox
from .._core.overflow import DropOldest
from .._core.setting import Setting
from .._core.trio_private import wake_up


class Queue:
    """What one listener has still to receive."""

    __slots__ = ("error", "lag", "lossless", "mailbox")

    def __init__(self, setting: Setting) -> None:
        self.lag: int = 0
        self.error: Exception | None = None
        self.lossless: bool = setting.overflow == "wait"
        self.mailbox: Mailbox = Mailbox(setting.capacity)
        if not self.lossless:
            self.mailbox.adopt(setting.overflow, self.lose, setting.key)
        if setting.overflow == "latest":
            # A key for which there is no room would make an agent's sender wait.
            mailbox = self.mailbox
            mailbox.inlet = DropOldest(mailbox.inlet, mailbox.outlet, self.lose)

    @property
    def full(self) -> bool:
        """Whether a publisher has to wait."""
        return self.lossless and self.mailbox.waiting == self.mailbox.capacity

    def take_in(self, publication: "Publication") -> None:
        """Take a message in, or have its publisher stand in line."""
        if self.full:
            publication.stand_in_line(self)
            return
        try:
            self.mailbox.inlet.send_nowait(publication.message)
        except Exception as error:
            # Of the listener's key function: it is not for the publisher to hear.
            self.error = error
            self.lose(publication.message)
            self.close()
        else:
            self.mailbox.wake()

    def take_out(self) -> Any:
        """Return the oldest message, and let the first in the line have its place."""
        try:
            message: Any = self.mailbox.outlet.receive_nowait()
        except trio.WouldBlock:
            if not self.mailbox.line:
                raise
            return self.mailbox.call_in()
        if self.mailbox.line:
            self.mailbox.admit()
        return message

    def lose(self, _message: object) -> None:
        """Count a message that the listener does not get."""
        self.lag += 1

    def close(self) -> None:
        """Take nothing more in, and refuse the publishers in the line."""
        self.mailbox.close_intake(_too_late)

    def end(self) -> None:
        """Nobody listens any more: let the publishers in the line go on."""
        for place in tuple[Any, ...](self.mailbox.line or ()):
            place.give_up()
        self.close()
        self.mailbox.clear()


@attrs.define(eq=False)
class Publication:
    """A message, and its places in the lines before queues that are full."""

    message: object
    places: "dict[_Place, None]" = attrs.field(factory=dict["_Place", None])
    task: Task | None = None
    error: BaseException | None = None

    def stand_in_line(self, queue: Queue) -> None:
        """Wait for room in one more queue."""
        place: Any = _Place(self, queue)
        self.places[place] = None
        queue.mailbox.stand_in_line(place)

    async def arrive(self) -> None:
        """Wait until the message stands in no line any more."""
        if not self.places:
            await cancel_shielded_checkpoint()
            return
        self.task = current_task()
        await wait_task_rescheduled(self._give_up)
        if self.error is not None:
            raise self.error

    def left(self, place: "_Place") -> None:
        """There is one line less to stand in."""
        del self.places[place]
        if not self.places and self.task is not None:
            wake_up(self.task)

    def _give_up(self, _raise_cancel: RaiseCancelT) -> Abort:
        self.task = None
        for place in tuple(self.places):
            place.give_up()
        return Abort.SUCCEEDED


@attrs.define(eq=False)
class _Place:
    """A publication's place in one line, where a mailbox sees a sender in it."""

    publication: Publication
    queue: Queue

    @property
    def message(self) -> object:
        """The message that waits."""
        return self.publication.message

    def admitted(self) -> object:
        """There is room; return what goes into the queue."""
        self.publication.left(self)
        return self.message

    def refused(self, error: BaseException) -> None:
        """There will be no room, and the publisher has to hear of it."""
        self.publication.error = error
        self._leave()

    def give_up(self) -> None:
        """Step out of the line."""
        itself: Any = self
        self.queue.mailbox.step_out_of_line(itself)
        self._leave()

    def _leave(self) -> None:
        self.queue.lose(self.message)
        self.publication.left(self)


def _too_late(_message: object) -> trio.ClosedResourceError:
    return trio.ClosedResourceError(
        "the topic was closed while this message waited for room: "
        "only the subscriptions that had room have it"
    )
