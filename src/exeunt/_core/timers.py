"""The timers of an agent, as it sees them."""

import sys
from collections.abc import Hashable
from typing import TYPE_CHECKING, final

import trio
from trio.lowlevel import enable_ki_protection

from .._model.timetable import Rhythm, Timer
from .setting import check_number

if TYPE_CHECKING:
    from .life import Life


@final
class Timers:
    """The timers of an agent, as ``self.context.timers``.

    Each has a key; setting a key again puts a new timer in the place of the old one. A
    tick is a message that the agent's own `Agent.handle` gets, ahead of what waits in
    the mailbox, but after each tick one of those comes first. Once a key has been set
    again or cancelled, no tick of the old timer is handled any more. Nothing ticks
    after the agent was stopped, and no timer outlives a restart. Times are Trio's.

    Example::

        timers = self.context.timers
        timers.once("give up", GiveUp(), after=30)
    """

    __slots__ = ("_life",)

    def __init__(self, life: "Life") -> None:
        self._life = life

    def __contains__(self, key: object) -> bool:
        return self._life.lane is not None and key in self._life.lane.timetable

    def once(self, key: Hashable, message: object, *, after: float) -> None:
        """Have *message* handled once, *after* so many seconds.

        Args:
            key: what the timer is called.
            message: what the agent is to handle.
            after: seconds from now.

        Raises:
            TypeError: *key* is not hashable, or *after* is no number.
            ValueError: *after* is negative or infinite.
            WrongRun: called from another thread or another Trio run.
        """
        check_number("after", after)
        if not 0 <= after <= sys.float_info.max:
            raise ValueError(
                f"after is a finite number of seconds, 0 or more, not {after}"
            )
        self._set(key, message, Rhythm.ONCE, after)

    def repeat(self, key: Hashable, message: object, *, delay: float) -> None:
        """Have *message* handled again and again, *delay* seconds apart.

        The time counts from the end of one tick's turn to the start of the next, so
        however slow the handler is, ticks do not pile up.

        Args:
            key: what the timer is called.
            message: what the agent is to handle.
            delay: seconds to the first tick, and from each to the next.

        Raises:
            TypeError: *key* is not hashable, or *delay* is no number.
            ValueError: *delay* is not positive, or infinite.
            WrongRun: called from another thread or another Trio run.
        """
        self._set(key, message, Rhythm.DELAY, _check_period("delay", delay))

    def at_rate(
        self, key: Hashable, message: object, *, period: float, catch_up: int = 0
    ) -> None:
        """Have *message* handled at each multiple of *period* from now on.

        Ticks for which the agent comes too late are left out, but for the last
        *catch_up* of them, which follow each other at once. The beat is kept.

        Args:
            key: what the timer is called.
            message: what the agent is to handle.
            period: seconds from one tick to the next.
            catch_up: how many ticks may come late.

        Raises:
            TypeError: *key* is not hashable, *period* is no number, or *catch_up* is
                no whole number.
            ValueError: *period* is not positive, or infinite, or *catch_up* is
                negative.
            WrongRun: called from another thread or another Trio run.
        """
        _check_catch_up(catch_up)
        seconds = _check_period("period", period)
        self._set(key, message, Rhythm.RATE, seconds, catch_up)

    def when_quiet(self, key: Hashable, message: object, *, seconds: float) -> None:
        """Have *message* handled when nothing has been for so many *seconds*.

        Once for each silence: the next message ends it, and the time begins anew when
        that has been handled. Ticks do not end a silence.

        Args:
            key: what the timer is called.
            message: what the agent is to handle.
            seconds: how long the silence lasts.

        Raises:
            TypeError: *key* is not hashable, or *seconds* is no number.
            ValueError: *seconds* is not positive, or infinite.
            WrongRun: called from another thread or another Trio run.
        """
        self._set(key, message, Rhythm.QUIET, _check_period("seconds", seconds))

    @enable_ki_protection
    def cancel(self, key: Hashable) -> bool:
        """Forget the timer with this key: no tick of it is handled any more.

        Args:
            key: what the timer is called.

        Returns:
            Whether there was one.

        Raises:
            TypeError: *key* is not hashable.
            WrongRun: called from another thread or another Trio run.
        """
        self._life.check_home()
        _check_key(key)
        return self._life.lane is not None and self._life.lane.timetable.cancel(key)

    @enable_ki_protection
    def _set(
        self,
        key: Hashable,
        message: object,
        rhythm: Rhythm,
        seconds: float,
        catch_up: int = 0,
    ) -> None:
        self._life.check_home(message)
        _check_key(key)
        due = trio.current_time() + seconds
        timer = Timer(key, message, rhythm, seconds, due, catch_up)
        self._life.side().timetable.set(timer)
        self._life.mailbox.wake()  # if a helper set it, the agent sleeps too long


def _check_key(key: object) -> None:
    """Complain about what cannot be a key."""
    try:
        hash(key)
    except TypeError:
        raise TypeError(
            f"the key of a timer is hashable, a str for example, not {key!r}"
        ) from None


def _check_catch_up(catch_up: object) -> None:
    """Complain about what is no number of ticks."""
    if not isinstance(catch_up, int) or isinstance(catch_up, bool):
        raise TypeError(f"catch_up is a number of ticks, an int, not {catch_up!r}")
    if catch_up < 0:
        raise ValueError(f"catch_up is 0 or more ticks, not {catch_up}")


def _check_period(what: str, seconds: float) -> float:
    """Return *seconds*, or complain that nothing can repeat so."""
    check_number(what, seconds)
    if not 0 < seconds <= sys.float_info.max:
        raise ValueError(
            f"{what} is a positive and finite number of seconds, not {seconds}"
        )
    return seconds
