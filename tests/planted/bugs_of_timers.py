"""Bugs in timers, and the law that has to find them."""

from bugs import Bug

from exeunt._core import lane, timers
from exeunt._model.timetable import Timer, Timetable

_LAW = "timers: each tick in its time"

BUGS = [
    Bug(
        "an old tick comes after its key was set again",
        _LAW,
        Timetable._overtaken,
        "self._timers.get(timer.key) is not timer",
        "timer.key not in self._timers",
    ),
    Bug(
        "a repeat ticks but once",
        _LAW,
        Timetable.ticked,
        "self._enter(timer)",
        "pass",
    ),
    Bug(
        "a rate ticks for every beat that it has missed",
        _LAW,
        Timer.skip,
        "max(0, missed - self.catch_up)",
        "0",
    ),
    Bug(
        "a tick ends a silence",
        _LAW,
        lane.Lane.turn_ended,
        "if self._tick is None:\n        self.timetable.touch(now)",
        "self.timetable.touch(now)\n    if self._tick is None:\n        pass",
    ),
    Bug(
        "ticks starve the mailbox",
        _LAW,
        lane.Lane.next,
        "self._breath = True",
        "pass",
    ),
    Bug(
        "it ticks while the agent drains",
        _LAW,
        lane.Lane.next,
        "or life.state is not State.RUNNING",
        "",
    ),
    Bug(
        "a timer that a helper sets does not wake the agent",
        _LAW,
        timers.Timers._set,
        "self._life.mailbox.wake()",
        "pass",
    ),
]
