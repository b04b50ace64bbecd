"""When which timer is due. The time is an argument, so nothing here waits.

A tick is never put into a queue. The agent asks, between two messages, whether a timer
is due; until it does, there is nothing that could be out of date when somebody resets
or cancels the timer. So "no stale tick is handled" needs no bookkeeping, and however
far an agent is behind, its timers hold one entry each.

Entries of the heap that have been overtaken stay in it until they come up, as in any
heap without a delete; it is rebuilt when most of it is such.
"""

from collections.abc import Hashable
from enum import Enum, auto
from heapq import heapify, heappop, heappush
from itertools import count
from math import floor, inf

import attrs


class Rhythm(Enum):
    """When a timer is due again."""

    ONCE = auto()  # never
    DELAY = auto()  # so long after its last tick has been handled
    RATE = auto()  # at the multiples of its period
    QUIET = auto()  # so long after the last message, once for each silence


@attrs.define(eq=False)
class Timer:
    """One timer of an agent."""

    key: Hashable
    message: object
    rhythm: Rhythm
    seconds: float
    due: float
    catch_up: int = 0  # ticks that may come late, in a row
    _ticks: int = attrs.field(default=0, init=False)
    _began: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._began = self.due

    def skip(self, now: float) -> None:
        """Leave out the ticks of a rate that are too late, but keep its beat."""
        missed = floor((now - self.due) / self.seconds)
        # Where the quotient was rounded, the beat itself decides.
        if self._beat(missed + 1) <= now:
            missed += 1
        elif self._beat(missed) > now:
            missed -= 1
        self._ticks += max(0, missed - self.catch_up)

    def advance(self) -> None:
        """Come to the next tick of a rate, without adding up rounding errors."""
        self._ticks += 1
        self.due = self._beat(0)

    def _beat(self, later: int) -> float:
        """Return when the tick is due that comes so many ticks later."""
        return self._began + (self._ticks + later) * self.seconds


class Timetable:
    """All the timers of an agent."""

    __slots__ = ("_active", "_heap", "_numbers", "_silent", "_timers")

    def __init__(self) -> None:
        self._timers: dict[Hashable, Timer] = {}
        self._heap: list[tuple[float, int, Timer]] = []
        self._numbers = count()
        self._active = -inf  # when the last message was handled
        self._silent: dict[Hashable, Timer] = {}  # ticked in the silence that lasts

    def __len__(self) -> int:
        return len(self._timers)

    def __contains__(self, key: object) -> bool:
        return key in self._timers

    def set(self, timer: Timer) -> None:
        """Let *timer* run, in the place of the one with its key."""
        self._silent.pop(timer.key, None)
        self._timers[timer.key] = timer
        self._enter(timer)

    def cancel(self, key: Hashable) -> bool:
        """Forget the timer with this key; return whether there was one."""
        self._silent.pop(key, None)
        return self._timers.pop(key, None) is not None

    def clear(self) -> None:
        """Forget all the timers."""
        self._timers.clear()
        self._silent.clear()
        self._heap.clear()

    @property
    def due(self) -> float:
        """When the next tick is due; infinitely far if none is."""
        while self._heap and self._overtaken(self._heap[0]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else inf

    def take(self, now: float) -> Timer | None:
        """Return a timer that is due, and have it ticked."""
        while self.due <= now:
            _, _, timer = heappop(self._heap)
            match timer.rhythm:
                case Rhythm.ONCE:
                    del self._timers[timer.key]
                case Rhythm.RATE:
                    timer.skip(now)
                    timer.advance()
                    self._enter(timer)
                case Rhythm.QUIET if self._active + timer.seconds > now:
                    timer.due = self._active + timer.seconds
                    self._enter(timer)
                    continue
                case Rhythm.QUIET:
                    timer.due = inf  # until the silence is over
                    self._silent[timer.key] = timer
                case Rhythm.DELAY:
                    timer.due = inf  # until its turn is over
            return timer
        return None

    def ticked(self, timer: Timer, now: float) -> None:
        """Note that the tick of *timer* has been handled."""
        if timer.rhythm is Rhythm.DELAY and self._timers.get(timer.key) is timer:
            timer.due = now + timer.seconds
            self._enter(timer)

    def touch(self, now: float) -> None:
        """Note that a message has been handled: the silence is over."""
        self._active = now
        while self._silent:
            _, timer = self._silent.popitem()
            timer.due = now + timer.seconds
            self._enter(timer)

    def _enter(self, timer: Timer) -> None:
        heappush(self._heap, (timer.due, next(self._numbers), timer))
        if len(self._heap) > 2 * len(self._timers) + 16:
            self._heap = [entry for entry in self._heap if not self._overtaken(entry)]
            heapify(self._heap)

    def _overtaken(self, entry: tuple[float, int, Timer]) -> bool:
        due, _, timer = entry
        return self._timers.get(timer.key) is not timer or timer.due != due
