"""One mailbox, and many who take from it.

Each worker is an agent with a life of its own, but where its mailbox would be it has a
tap on the pool's. So a message waits in one queue until somebody is free, and what a
worker has not taken is not lost with it.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import trio
from trio.lowlevel import Abort, RaiseCancelT, Task

from .._core.mailbox import Mailbox
from .._core.trio_private import undisturbed
from .._model.lifecycle import State

if TYPE_CHECKING:
    from .._core.life import Life
    from .seats import Seat, Seats


class Shared(Mailbox):
    """The mailbox of a pool, made of the one that its agent was born with."""

    __slots__ = ("asleep", "closing", "life", "seats")

    def __init__(self, life: "Life", seats: "Seats") -> None:
        # Not the parent's: nothing is opened anew, and what is in it stays.
        for name in Mailbox.__slots__:
            setattr(self, name, getattr(life.mailbox, name))
        self.life: Life = life
        self.asleep: dict[Tap, None] = {}  # who may take what comes
        self.closing: trio.Event = trio.Event()
        self.seats: Seats = seats
        seats.open(self)

    @property
    def waiting(self) -> int:
        """How many messages wait for a worker."""
        return super().waiting + self.seats.waiting

    def bar(self, life: "Life", message: object) -> Exception | None:
        """Return why *message* of the current task must not wait for room."""
        try:
            self.seats.check(message)
        except Exception as error:
            return error
        return super().bar(life, message)

    def empty(self) -> list[Any]:
        """Take out everything that is in the queue, and leave it open."""
        found: list[Any] = []
        with suppress(trio.WouldBlock, trio.EndOfChannel):
            while True:
                found.append(self.outlet.receive_nowait())
        return found

    def wake(self) -> None:
        """Wake the worker that has slept longest."""
        if self.asleep:
            next(iter(self.asleep)).wake()

    def lie_down(self, tap: "Tap") -> None:
        """Note that the worker at this tap sleeps until something comes."""
        self.asleep[tap] = None
        self._look()

    def get_up(self, tap: "Tap") -> None:
        """Note that the worker at this tap does not sleep any more."""
        self.asleep.pop(tap, None)
        self._look()

    def close_intake(self, refuse: Callable[[object], BaseException]) -> None:
        """Accept nothing more, and refuse everybody in the line."""
        super().close_intake(refuse)
        self.closing.set()
        if self.life.state is State.CLOSING:  # no handler is to start any more
            for worker in self.life.crew:
                worker.cancel(self.life.cancel_reason)

    def clear(self) -> list[Any]:
        """Take out everything that is left and close the receiving end."""
        return [*self.seats.clear(), *super().clear()]

    def _look(self) -> None:
        first = next(iter(self.asleep), None)
        self.sleeper: Task | None = None if first is None else first.sleeper


class Tap(Mailbox):
    """A worker's mailbox: what it takes comes out of the pool's."""

    __slots__ = ("_seat", "_shared", "closed")

    def __init__(self, shared: Shared, seat: "Seat") -> None:
        self._shared = shared
        self._seat = seat
        self.capacity: int = shared.capacity
        self.closed: bool = False  # the worker takes only what is left for it
        self.outlet: Any = self
        self.sleeper: Task | None = None
        seat.tap = self
        shared.seats.sit(seat)

    @property
    def line(self) -> Any:
        """The line before the pool's mailbox, where the worker may take from it."""
        return None if self._shared.seats.keyed else self._shared.line

    @property
    def waiting(self) -> int:
        """What waits is the pool's, not the worker's."""
        return 0

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing that the worker could take."""
        return not self._shared.waiting

    def receive_nowait(self) -> object:
        """Take the next message that is for this worker.

        Raises:
            trio.WouldBlock: there is none.
            trio.EndOfChannel: there will be none either.
        """
        shared = self._shared
        too_many = self.closed and not (shared.seats.keyed or shared.closing.is_set())
        if too_many or not undisturbed(shared.life.home):
            shared.wake()  # it may have been woken for what another one has to take
            raise trio.EndOfChannel
        try:
            return shared.seats.take(self._seat)
        except (trio.WouldBlock, trio.EndOfChannel, trio.ClosedResourceError):
            if self.closed:
                raise trio.EndOfChannel from None
            raise trio.WouldBlock from None

    def admit(self) -> None:
        """Let the first in the line put its message into the pool's mailbox."""
        self._shared.admit()

    def call_in(self) -> object:
        """Accept the message of the first in the line, past the buffer."""
        return self._shared.call_in()

    def fall_asleep(self) -> Callable[[RaiseCancelT], Abort]:
        """Note that the worker, which calls, is about to sleep."""
        on_cancel = super().fall_asleep()
        if not (self.closed or self._shared.seats.keyed):
            self._shared.lie_down(self)
        return on_cancel

    def wake(self) -> None:
        """Wake the worker if it sleeps."""
        self._shared.get_up(self)
        super().wake()

    def pass_on(self) -> None:
        """Wake another worker: this one has perhaps been woken for what is there."""
        if self._shared.waiting and not self._shared.seats.keyed:
            self._shared.wake()

    def close_intake(self, refuse: Callable[[object], BaseException]) -> None:
        """Let the worker end when there is nothing left for it."""
        del refuse  # the line is the pool's
        self.closed = True
        self._shared.seats.vacate(self._seat)
        self.wake()

    def clear(self) -> list[Any]:
        """Leave to the others what the worker has not taken."""
        self._shared.seats.leave(self._seat)
        return []

    def close(self) -> None:
        """Be an outlet that is closed: the pool's stays open."""
        self._shared.seats.leave(self._seat)

    def _on_cancel(self, raise_cancel: RaiseCancelT) -> Abort:
        self._shared.get_up(self)
        return super()._on_cancel(raise_cancel)
