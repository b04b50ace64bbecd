"""Scenes, drawn from a `random.Random` and the user's messages."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any, TypeVar

import attrs

from ..._model.request import Request
from ..schedules.schedule import Schedule
from .laws import Kind
from .likeness import copied
from .scene import End, EndWay, Line, Scene, Way

M = TypeVar("M")
Source = Iterable[M] | Callable[[Random], M]
Draw = Callable[[Random], Any]

_LATE_CHOICES = 60
_LONGEST = 24  # lines: some things go wrong at the tenth message only
# Whole seconds, to meet what else happens in that instant, and some between.
_SECONDS: tuple[float, ...] = (0, 1, 2, 3, 4, 5, 6, 0.5, 1.5, 2.5, 3.5)
_ALL_ENDS: tuple[EndWay, ...] = (
    "stop",
    "cancel",
    "aclose",
    "short_aclose",
    "outer_cancel",
)


def draw_from(what: str, source: Source[Any]) -> Draw | None:
    """Return what draws one message out of *source*, or None if it is empty."""
    if callable(source):
        return source
    try:
        them = [*source]
    except TypeError:
        raise TypeError(
            f"{what} are a list of messages, or a function that makes one with a "
            f"random.Random, not {source!r}"
        ) from None
    return (lambda random: copied(random.choice(them))) if them else None


@attrs.frozen
class Author:
    """Writes scenes of a user's messages."""

    messages: Draw | None
    requests: Draw | None
    streams: Draw | None
    capacity: int | None

    @property
    def asks(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self.requests or self.streams)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say."""
        return not self.messages and not self.asks

    def scene(self, kind: Kind, random: Random) -> Scene:
        """Write a scene of this kind."""
        if kind == "crowd":
            return self._crowd(random)
        if kind == "queue":
            return self._queue(random)
        peaceful = kind == "peaceful"
        size = random.randint(1, 8)
        size = size if size < 7 else random.randint(7, _LONGEST)
        crash = random.randrange(size) if random.random() < 0.4 else None
        crash = crash if kind == "any" else None
        lines = [
            self._line(random, peaceful=peaceful, crashing=number == crash)
            for number in range(size)
        ]
        ways = ("stop", "aclose") if peaceful else _ALL_ENDS
        seconds = _SECONDS + _when_said(lines) * 3
        ends = [
            End(random.choice(ways), random.choice(seconds))
            for _ in range(random.randint(0, 2))
        ]
        capacity = random.randint(0, 3) if self.capacity is None else self.capacity
        cut = random.randint(5, 60) if kind == "any" and random.random() < 0.4 else None
        return Scene(tuple(lines), tuple(ends), capacity, cut)

    def _line(self, random: Random, *, peaceful: bool, crashing: bool) -> Line:
        way, message = self._said(random)
        patient = peaceful or random.random() < 0.6
        return Line(
            message,
            way,
            sender=random.randint(0, 2),
            after=random.choice((0, 0, 1, 2)),
            patience=None if patient else random.choice((0, 0.5, 1, 2)),
            slow=random.choice((None, None, None, 0, 1, 2)),
            crash=random.choice(("before", "after")) if crashing else None,
        )

    def _said(self, random: Random) -> tuple[Way, object]:
        options: list[tuple[tuple[Way, ...], Draw | None]] = [
            (("send", "send", "send_nowait"), self.messages),
            (("ask",), self.requests),
            (("stream",), self.streams),
        ]
        ways, draw = random.choice([(w, d) for w, d in options if d is not None])
        assert draw is not None
        way: Way = random.choice(ways)
        said: object = draw(random)
        if way in {"ask", "stream"} and not _is_request(said):
            raise TypeError(
                f"only a Request can be asked, and {said!r} is none: give it as one "
                "of the messages"
            )
        return way, said

    def _crowd(self, random: Random) -> Scene:
        """All at once, and then several requests to end in one instant."""
        lines = [self._queued(random) for _ in range(random.randint(0, 6))]
        ways: tuple[EndWay, ...] = ("stop", "cancel")
        at = random.randint(0, 3)
        ends = [End(random.choice(ways), at) for _ in range(random.randint(2, 3))]
        return Scene(tuple(lines), tuple(ends), len(lines))

    def _queue(self, random: Random) -> Scene:
        """One message at first, many when that is being handled, and one too many."""
        first, *crowd = (self._queued(random) for _ in range(13))
        crowd[0] = attrs.evolve(crowd[0], after=100)
        late = attrs.evolve(self._queued(random), way="send", sender=1, after=101)
        ends = End("stop", 102), End("cancel", 103)
        return Scene((first, *crowd, late), ends, len(crowd))

    def _queued(self, random: Random) -> Line:
        draw = self.messages or self.requests or self.streams
        assert draw is not None
        return Line(draw(random), "send_nowait")


def _when_said(lines: list[Line]) -> tuple[float, ...]:
    """Return the instants at which something is said, if nobody has to wait."""
    times: dict[int, float] = {}
    seconds: list[float] = []
    for line in lines:
        times[line.sender] = times.get(line.sender, 0) + line.after
        seconds.append(times[line.sender])
    return tuple(seconds)


def _is_request(message: object) -> bool:
    return isinstance(message, Request)


def draw_schedule(random: Random) -> Schedule:
    """Draw an order: first come first served, a few deviations, or many."""
    length = random.choice((0, 12, _LATE_CHOICES))
    rare = random.random() < 0.5
    return Schedule(
        0 if rare and random.random() < 0.8 else random.randint(0, 11)
        for _ in range(length)
    )


def check_runs(runs: object) -> None:
    """Complain about what is no number of runs."""
    if not isinstance(runs, int) or isinstance(runs, bool):
        raise TypeError(f"runs is a number of runs, an int, not {runs!r}")
    if runs < 1:
        raise ValueError(f"runs is 1 or more, not {runs}")
