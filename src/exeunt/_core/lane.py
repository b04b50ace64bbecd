"""What an agent handles besides what comes through its mailbox.

Notices that another agent has ended, ticks of timers, and messages that come back
because they were postponed or because the agent was started again. None of it stands
in the queue: control that waits behind the messages comes when it is too late, and a
message that comes back was there before those in the queue.

Most agents need none of this, so a lane is made when it is first used.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any, Final

import trio
from trio.lowlevel import disable_ki_protection

from .._model.lifecycle import State
from .._model.outcome import Fate, Outcome
from .._model.timetable import Timer, Timetable
from .._model.words import shown
from ..exceptions import PostponedTooMuch
from .ask import Ask, Stage
from .trio_private import undisturbed

if TYPE_CHECKING:
    from .handle import Handle
    from .life import Life

NOTHING: Final = object()
"""Stands for no message, since a message may be anything, None included."""


class Lane:
    """The lane beside the mailbox."""

    __slots__ = (
        "_breath",
        "_life",
        "_tick",
        "changed",
        "notices",
        "postponed",
        "postponing",
        "returned",
        "timetable",
        "watched",
    )

    def __init__(self, life: "Life") -> None:
        self._life = life
        self.notices: OrderedDict[Notice, None] = OrderedDict()
        self.returned: deque[Any] = deque()  # before everything in the mailbox
        self.postponed: list[Any] = []  # until the behaviour changes
        self.postponing: bool = False  # the turn that runs is to be postponed
        self.changed: bool = False  # the behaviour has changed
        self.timetable: Timetable = Timetable()
        self.watched: dict[Handle[Any], Notice] = {}  # until the message is made
        self._tick: Timer | None = None  # whose tick is being handled
        self._breath = False  # the mailbox comes next, not another tick

    @property
    def waiting(self) -> int:
        """How many accepted messages are kept here.

        A tick or a notice is accepted when its turn begins, not before.
        """
        return len(self.returned) + len(self.postponed)

    @property
    def due(self) -> float:
        """When the agent has to be awake; nothing ticks once it is stopped."""
        return self.timetable.due if self._life.state is State.RUNNING else inf

    def next(self) -> object:
        """Take what comes before the mailbox, if there is anything.

        After each tick the mailbox has its turn, so that a timer that is faster than
        its handler does not keep all the messages waiting.
        """
        life = self._life
        calm = undisturbed(life.home)  # or no turn is to begin any more
        if self.notices and calm:
            notice, _ = self.notices.popitem(last=False)
            del self.watched[notice.handle]
            return self._arisen(notice.made(), "watch")
        if self.returned:
            return self.returned.popleft()
        if self._breath or not calm or life.state is not State.RUNNING:
            self._breath = False
            return NOTHING
        self._tick = self.timetable.take(trio.current_time())
        if self._tick is None:
            return NOTHING
        self._breath = True
        return self._arisen(self._tick.message, "timer")

    def _arisen(self, message: object, source: str) -> object:
        self._life.note("arisen", message, source)
        return message

    def turn_ended(self, item: object) -> bool:
        """Note that the turn of *item* is over; return whether it was handled."""
        handled = not self.postponing
        if self.postponing:
            self.postponing = False
            self.postponed.append(item)
            self._life.note("postponed", item)
        now = trio.current_time()
        if self._tick is None:
            self.timetable.touch(now)
        else:
            self.timetable.ticked(self._tick, now)
            self._tick = None
        if self.changed:
            self.replay()
        return handled

    def postpone(self, message: object) -> None:
        """Let the turn that runs end with its message being postponed."""
        room = max(1, self._life.mailbox.capacity)
        if len(self.postponed) >= room:
            self._let_go()
        if len(self.postponed) >= room:
            raise PostponedTooMuch(
                f"agent {self._life.name!r} postpones {len(self.postponed)} messages, "
                f"as many as its mailbox may hold, and now {shown(message)}",
                message=message,
            )
        self.postponing = True

    def _let_go(self) -> None:
        """Keep no request for an asker who has left."""
        kept: list[Any] = []
        for item in self.postponed:
            if _is_abandoned(item):
                self._life.count(item, Fate.ABANDONED)
            else:
                kept.append(item)
        self.postponed = kept

    def replay(self) -> None:
        """Bring back what was postponed, ahead of what is newer."""
        self.changed = False
        self.returned.extendleft(reversed(self.postponed))
        self.postponed.clear()

    def begin_again(self, held: object) -> None:
        """Keep what was accepted, and who is watched, but no timer."""
        self.postponing = self._breath = False
        self._tick = None
        if held is not NOTHING:
            self.returned.appendleft(held)
        self.replay()  # after that, since what was postponed is older
        self.timetable.clear()

    def clear(self, held: object) -> list[Any]:
        """Take out everything that is left, *held* too, and look at nobody any more."""
        for notice in self.watched.values():
            notice.forget()
        self.watched.clear()
        self.notices.clear()
        self.timetable.clear()
        in_hand = [] if held is NOTHING else [held]
        left = [*self.postponed, *in_hand, *self.returned]
        self.returned.clear()
        self.postponed.clear()
        return left


class Notice:
    """Another agent's end, on its way into a message for the one that watches."""

    __slots__ = ("_make", "_target", "_watcher", "handle")

    def __init__(
        self,
        watcher: "Life",
        handle: "Handle[Any]",
        target: "Life",
        make: Callable[[Outcome], object],
    ) -> None:
        self._watcher = watcher
        self._target = target
        self.handle = handle
        self._make = make

    def release(self) -> None:
        """Tell the watcher: the other has ended."""
        self._watcher.side().notices[self] = None
        self._watcher.mailbox.wake()

    def forget(self) -> None:
        """Do not wait for the end any more, nor for the turn if it is past."""
        self._target.unwatch(self)
        self._watcher.side().notices.pop(self, None)

    @disable_ki_protection
    def made(self) -> object:
        """Make the message; what the maker raises is the watcher's own crash."""
        return self._make(self._target.outcome)


def _is_abandoned(item: object) -> bool:
    return isinstance(item, Ask) and item.stage is Stage.ABANDONED
