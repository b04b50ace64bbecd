"""The life of the agent that is rehearsed, which takes notes of what the agent does."""

import gc
from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, Any

from trio.lowlevel import current_trio_token

from ..._core.ask import Ask, Reply, Stage
from ..._core.lane import Lane
from ..._core.life import Life
from ..._model.outcome import Outcome
from ..._model.timetable import Rhythm, Timer, Timetable
from ..effects import (
    Became,
    Deferred,
    Postponed,
    Replied,
    TimerCancelled,
    TimerSet,
    Unwatched,
    Watched,
)
from .stand_in import Double, note

if TYPE_CHECKING:
    from ..._core.handle import Handle

_RHYTHMS = {
    Rhythm.ONCE: "once",
    Rhythm.DELAY: "repeat",
    Rhythm.RATE: "at_rate",
    Rhythm.QUIET: "when_quiet",
}


class Rehearsed(Double):
    """The life of the agent, as its context knows it."""

    __slots__ = ()

    def side(self) -> Lane:
        """Return the lane beside the mailbox, one that takes notes."""
        if self.lane is None:
            self.lane: Lane | None = _NotingLane(self)
        return self.lane

    def become(self, handler: Callable[[Any], Awaitable[object]]) -> None:
        """Note it, and let *handler* have the next message."""
        note(Became(getattr(handler, "__name__", repr(handler))))
        super().become(handler)

    def look_at(
        self, handle: "Handle[Any]", target: Life, make: Callable[[Outcome], object]
    ) -> None:
        """Note it; a test sends the notice itself."""
        del handle, make
        note(Watched(target.name))

    def look_away(self, handle: "Handle[Any]") -> None:
        """Note it."""
        note(Unwatched(handle.name))

    def take_up_replies(self) -> None:
        """Let the replies that earlier turns have deferred be settled in this one.

        A reply belongs to the Trio run in which it was deferred, and each turn has a
        run of its own. Nobody but the agent knows where it keeps its replies.
        """
        for ask in self.deferred or ():
            for found in gc.get_referrers(ask):
                if isinstance(found, Reply):
                    found._token = current_trio_token()  # pyright: ignore[reportPrivateUsage]


class RehearsedAsk(Ask):
    """A request to the agent that is rehearsed."""

    __slots__ = ()

    def defer(self) -> None:
        """Note it, and leave the answer to whoever holds the reply."""
        super().defer()
        note(Deferred(self.message))

    def settle(self, value: object = None, error: BaseException | None = None) -> None:
        """Note the answer, if it had been put off."""
        if self.stage is Stage.DEFERRED:
            note(Replied(self.message, value if error is None else error))
        super().settle(value, error)


class _NotingLane(Lane):
    __slots__ = ()

    def __init__(self, life: Life) -> None:
        super().__init__(life)
        self.timetable = _NotingTimetable()

    def postpone(self, message: object) -> None:
        super().postpone(message)
        note(Postponed(message))


class _NotingTimetable(Timetable):
    __slots__ = ()

    def set(self, timer: Timer) -> None:
        super().set(timer)
        rhythm = _RHYTHMS[timer.rhythm]
        note(TimerSet(timer.key, timer.message, timer.seconds, rhythm))

    def cancel(self, key: Hashable) -> bool:
        found = super().cancel(key)
        if found:
            note(TimerCancelled(key))
        return found
