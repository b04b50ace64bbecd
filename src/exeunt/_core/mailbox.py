"""A Trio memory channel, the line at its door, and the agent asleep behind it.

The buffer and its closing are Trio's. The line of senders that found it full and the
sleep of the agent that found it empty are kept here, and the channel is used through
its ``_nowait`` methods alone. So at every instant each message is in exactly one
place, which is what makes the ledger exact: Trio's own `send` and `receive` hand
messages from task to task, and for a while such a message is in neither's sight.
Keeping the line also lets a closing mailbox refuse each sender in it at once, with
its own message, and lets an edge of the wait-for graph end when the wait does.

Nobody can jump the line: whenever a message is taken out of the buffer, the first in
the line is let in before anything else runs.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import trio
from trio.lowlevel import (
    Abort,
    RaiseCancelT,
    Task,
    current_task,
    wait_task_rescheduled,
)

from . import regrets
from .overflow import (
    Drop,
    DropNewest,
    DropOldest,
    InsideOnly,
    KeyOf,
    Latest,
    LatestOutlet,
    Overflow,
)
from .trio_private import task_here, wake_up
from .waiting import Wait, life_here

if TYPE_CHECKING:
    from .ask import Ask
    from .life import Life


class Sender(Wait):
    """A task that waits for room in the mailbox, with its message in its hand."""

    __slots__ = ("_life", "message")

    def __init__(self, life: "Life", message: object) -> None:
        super().__init__(life, message)
        self._life = life
        self.message: object = message

    async def get_in(self) -> None:
        """Stand in line until the message is accepted or refused."""
        self._life.mailbox.stand_in_line(self)
        self._life.note("lined", self.message, task_here())
        self._task = current_task()
        await wait_task_rescheduled(self._on_cancel)
        self.raise_error()

    def admitted(self) -> object:
        """The message has been accepted; return what goes into the mailbox."""
        self._life.note("admitted", self.message)
        self.release()
        return self.message

    def refused(self, error: BaseException) -> None:
        """The message will not be accepted."""
        self._life.note("refused", self.message, "refused", None)
        self._error = error
        self.release()

    def _on_cancel(self, raise_cancel: RaiseCancelT) -> Abort:
        self._life.mailbox.step_out_of_line(self)
        self._life.note("refused", self.message, "withdrawn", None)
        return super()._on_cancel(raise_cancel)


async def wait_for_room(life: "Life", message: object) -> None:
    """Bring *message* in when there is room for it, if it may wait for that."""
    bar = life.mailbox.bar(life, message)
    if bar is not None:
        raise refused(life, message, bar)
    await Sender(life, message).get_in()


def refused(life: "Life", message: object, error: Exception) -> Exception:
    """Note that *message* is not accepted, and return the error that says so."""
    life.note("refused", message, "refused", task_here())
    return error


class Mailbox:
    """Where an agent's messages wait."""

    __slots__ = (
        "capacity",
        "drops",
        "inlet",
        "insiders",
        "latest",
        "line",
        "outlet",
        "refuses",
        "sleeper",
    )

    def __init__(self, capacity: int) -> None:
        self.capacity: int = capacity
        self.inlet: Any  # what has send_nowait() and close()
        self.outlet: Any  # what has receive_nowait(), statistics() and close()
        self.inlet, self.outlet = trio.open_memory_channel(capacity)
        self.refuses: bool = False
        self.drops: bool = False  # so that nobody need wait for room
        self.latest: Latest | None = None
        self.insiders: set[Life] | None = None
        self.line: Any = None  # an OrderedDict of those who wait for room, or None
        self.sleeper: Task | None = None

    def adopt(self, overflow: Overflow, drop: Drop, key_of: KeyOf | None) -> None:
        """Let *overflow* say what happens where there is no room."""
        inlet, outlet = self.inlet, self.outlet
        self.drops = overflow in ("drop_newest", "drop_oldest", "latest")
        match overflow:
            case "wait" | "refuse":
                self.refuses = overflow == "refuse"
            case "drop_newest":
                self.inlet = DropNewest(inlet, drop)
            case "drop_oldest":
                self.inlet = DropOldest(inlet, outlet, drop)
            case "latest":
                assert key_of is not None
                self.inlet = self.latest = Latest(inlet, drop, key_of)
                self.outlet = LatestOutlet(outlet, self.latest.slots)

    @property
    def waiting(self) -> int:
        """How many messages lie in the buffer."""
        used: int = self.outlet.statistics().current_buffer_used
        return used

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing that the agent could take."""
        return not self.waiting

    def bar(self, life: "Life", message: object) -> Exception | None:
        """Return why *message* of the current task must not wait for room."""
        if self.insiders is not None and life_here() not in self.insiders:
            return life.refusal(message)
        if self.latest is not None:
            self.latest.has_place(message)  # fails here, if its key does
        return regrets.no_room(life, message) if self.refuses else None

    def close_to_outsiders(
        self, insiders: "set[Life]", refuse: Callable[[object], BaseException]
    ) -> None:
        """Accept messages from *insiders* alone, and from their helpers."""
        self.insiders = insiders
        self.inlet = InsideOnly(self.inlet, lambda: life_here() in insiders)
        for sender in tuple(self.line or ()):
            if sender.origin not in insiders:
                self.step_out_of_line(sender)
                sender.refused(refuse(sender.message))

    def stand_in_line(self, sender: "Sender | Ask") -> None:
        """Wait for room behind everybody who waits already."""
        if self.line is None:
            self.line = OrderedDict()
        self.line[sender] = None
        if self.sleeper is not None:
            self.wake()

    def step_out_of_line(self, sender: "Sender | Ask") -> None:
        """Give up waiting for room."""
        assert self.line is not None
        del self.line[sender]

    def admit(self) -> None:
        """Let the first in the line put its message into the buffer.

        And those behind it, as long as they need no more room than there is.
        """
        self.inlet.send_nowait(self.call_in())
        latest = self.latest
        while latest and self.line and latest.has_place(next(iter(self.line)).message):
            latest.send_nowait(self.call_in())

    def call_in(self) -> object:
        """Accept the message of the first in the line, past the buffer."""
        assert self.line is not None
        sender, _ = self.line.popitem(last=False)
        return sender.admitted()

    def fall_asleep(self) -> Callable[[RaiseCancelT], Abort]:
        """Note that the agent's own task, which calls, is about to sleep.

        Return what ``wait_task_rescheduled`` wants. The sleeping itself is left to
        the caller, since each idle agent would pay for one more frame here.
        """
        self.sleeper = current_task()
        return self._on_cancel

    def pass_on(self) -> None:
        """Let others know that the agent does something else before it takes more."""

    def wake(self) -> None:
        """Wake the agent if it sleeps."""
        sleeper = self.sleeper
        if sleeper is not None:
            self.sleeper = None
            wake_up(sleeper)

    def _on_cancel(self, _raise_cancel: RaiseCancelT) -> Abort:
        self.sleeper = None
        return Abort.SUCCEEDED

    def close_intake(self, refuse: Callable[[object], BaseException]) -> None:
        """Accept nothing more, and refuse everybody in the line."""
        self.inlet.close()
        line, self.line = self.line, None
        for sender in line or ():
            sender.refused(refuse(sender.message))
        self.wake()

    def clear(self) -> list[Any]:
        """Take out everything that is left and close the receiving end."""
        left: list[Any] = []
        try:
            while True:
                left.append(self.outlet.receive_nowait())
        except (trio.EndOfChannel, trio.ClosedResourceError):
            self.outlet.close()
        return left
