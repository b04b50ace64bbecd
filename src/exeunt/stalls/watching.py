"""Watch a running program for tasks that wait for ever, and for a loop that is stuck.

It costs next to nothing: no hook is called for the tasks' steps. A thread with a real
clock wakes the watchdog every few seconds; it has no deadline of its own, as that one
would hide that nothing else has any. Then it looks, at no more than it has to:

1. Is nothing to do, and no deadline set? Only then everybody is looked at.
2. Which agents are still in the turn in which they were the last time, while somebody
   waits for them? And which tasks have a lock for which others wait? Only these, and
   whom they wait for, are looked at for rings.
3. If the loop does not answer the thread: where does it stand?

One look can be unlucky, so what is reported has been the same twice.

Prior art: trio's issues 591, 1085 and 182.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from math import inf
from types import FrameType
from typing import Literal

import attrs
from trio.lowlevel import Task, current_root_task, current_statistics

from .._core.ask import Ask
from .._core.audience import looking_on
from .._core.lane import NOTHING
from .._core.life import Life
from .._core.setting import check_number
from .._model.lifecycle import State
from .looking import below, described, looks_on, who_waits, with_those_in_the_way
from .of_agents import life_of
from .of_trio import keepers_from
from .pulse import Pulse
from .stack import innermost_place
from .values import Place, Stall, seconds

_LOGGER = logging.getLogger("exeunt")


@attrs.frozen
class Alarm:
    """What a watchdog has noticed; its `str` says it in words.

    Attributes:
        kind: ``"standstill"``: nothing that is known can wake any task; ``"ring"``:
            some wait for each other, while others go on; ``"frozen"``: Trio's loop
            does not move, as somebody computes or blocks.
        text: the words.
        stall: who waits for what; None if the loop is frozen.
        place: the line at which the loop is frozen, if it is in the user's own code.
    """

    kind: Literal["standstill", "ring", "frozen"]
    text: str
    stall: Stall | None = None
    place: Place | None = None

    def __str__(self) -> str:
        return self.text


def _log(alarm: Alarm) -> None:
    _LOGGER.warning("%s", alarm)


async def watchdog(
    report: Callable[[Alarm], object] = _log,
    *,
    every: float = 5.0,
    frozen_after: float = 5.0,
) -> None:
    """Report when tasks wait for ever, or when Trio's loop does not move.

    Start it in a nursery. It goes on until it is cancelled, and its thread leaves with
    it. What it notices it reports once, a standstill or a ring when two looks have seen
    it unchanged. That nothing can wake any task is a suspicion: a thread that Trio has
    not started may yet call in. A look at thousands of tasks takes a while, so it then
    looks less often: for a hundredth of the time at the most.

    Args:
        report: called with each `Alarm`, in Trio's thread; but in the watchdog's own
            one when the loop is frozen. Without it, alarms are warnings of the logger
            ``exeunt``.
        every: seconds of real time from one look to the next, and from one question to
            the loop, whether it moves, to the next.
        frozen_after: seconds of real time that the loop has to answer it.

    Raises:
        Exception: whatever *report* raised.
        TypeError: *report* cannot be called, or a number of seconds is no number.
        ValueError: a number of seconds is not positive, or infinite.

    Example::

        nursery.start_soon(watchdog)
    """
    if not callable(report):
        raise TypeError(f"report is a function of an Alarm, not {report!r}")
    _check_positive("every", every)
    _check_positive("frozen_after", frozen_after)

    def too_late(frames: list[FrameType]) -> None:
        report(_frozen(frames, frozen_after))

    looks_on.set(True)
    pulse = Pulse(every, frozen_after, too_late)
    with looking_on() as lives:
        watch = Watch(report, lives)
        watch.meet_everybody()
        async with pulse.beating():
            while True:
                await pulse.next_beat()
                watch.look()


@attrs.define(eq=False)
class Watch:
    """What a watchdog remembers from one look to the next."""

    report: Callable[[Alarm], object]
    lives: list[Life]  # those that begin come into it by themselves
    clock: Callable[[], float] = time.perf_counter
    _rest_until: float = -inf
    _still: Stall | None = None
    _told: Stall | None = None
    _turns: dict[Life, object] = attrs.field(factory=dict[Life, object])
    _rings: frozenset[Stall] = frozenset()
    _told_rings: frozenset[Stall] = frozenset()

    def meet_everybody(self) -> None:
        """Get to know the agents that are there already."""
        lives = map(life_of, _everybody())
        self.lives.extend(life for life in lives if life is not None)

    def look(self) -> None:
        """Look around, and report what is as it was the last time.

        Looking at many tasks takes a while, in which none of them runs. So it is not
        done so often that it would take more than a hundredth of the time.
        """
        begin = self.clock()
        if begin < self._rest_until:
            return
        self._look_for_standstill()
        if self._still is None:
            self._look_for_rings()
        self._rest_until = begin + 100 * (self.clock() - begin)

    def _look_for_standstill(self) -> None:
        before, self._still = self._still, None
        if _something_may_happen():
            return
        stall = who_waits()
        if stall.forever:
            self._still = stall
        if stall == before != self._told:
            self._told = stall
            text = f"nothing seems to happen any more: {stall}"
            self.report(Alarm("standstill", text, stall))

    def _look_for_rings(self) -> None:
        before, told = self._rings, self._told_rings
        stuck = (life.task for life in self._stuck() if life.task is not None)
        self._rings = frozenset(_rings_through([*stuck, *_keepers()]))
        for ring in self._rings & before - told:
            text = ring.under("while others go on, some wait for each other:")
            self.report(Alarm("ring", text, ring))
        self._told_rings = self._rings & before

    def _stuck(self) -> list[Life]:
        """Return the awaited agents that are still where they were the last time."""
        self.lives[:] = [life for life in self.lives if life.state is not State.CLOSED]
        before = self._turns
        busy = [life for life in self.lives if life.turn is not NOTHING]
        self._turns = {life: life.turn for life in busy}
        return [
            life
            for life in busy
            if before.get(life, NOTHING) is life.turn and _is_awaited(life)
        ]


def _everybody() -> Iterator[Task]:
    root = current_root_task()
    assert root is not None
    return below(root)


def _keepers() -> Iterator[Task]:
    """Find the tasks that have a lock, or the like, for which others wait."""
    for task in _everybody():
        yield from keepers_from(task)


def _rings_through(tasks: Iterable[Task]) -> Iterator[Stall]:
    """Find those that wait for each other among *tasks* and whom these wait for."""
    involved = with_those_in_the_way(tasks)
    stall = described(task for task in _everybody() if task in involved)
    waits = {wait.task: wait for wait in stall.waits}
    for ring in stall.rings:
        yield Stall(tuple(waits[task] for task in ring), (ring,))


def _is_awaited(life: Life) -> bool:
    """Return whether anybody waits for an answer, for room or for a later turn."""
    return bool(isinstance(life.turn, Ask) or life.mailbox.line or life.waiting)


def _something_may_happen() -> bool:
    """Return whether there is anything to do, or to wait for, without a closer look."""
    figures = current_statistics()
    if figures.tasks_runnable or figures.seconds_to_next_deadline < inf:
        return True
    io = figures.io_statistics
    waiting = (getattr(io, name, 0) for name in dir(io) if "tasks_waiting" in name)
    return sum(waiting) > 1  # Trio itself waits for one socket


def _frozen(frames: list[FrameType], after: float) -> Alarm:
    place = innermost_place(frames)
    where = "in no code of the user's" if place is None else str(place)
    text = f"Trio's loop has not moved for {seconds(after)}:\n  {where}"
    return Alarm("frozen", text, place=place)


def _check_positive(what: str, number: object) -> None:
    if not 0 < check_number(what, number) < inf:
        raise ValueError(f"{what} is a positive number of seconds, not {number}")
