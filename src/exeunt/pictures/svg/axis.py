"""The elastic time axis: where each event stands, and honest ticks.

Each event stands right of the one before it. How far depends on what lies between: at
least what its marks need (a bar its text, an arrow its head), and beyond that time, in
which long silences shrink. `needs` says what marks need; here is only arithmetic.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log1p
from statistics import median
from typing import NamedTuple

import attrs

from ..._model import events as ev
from ..words import seconds

CLOSE = 1.5
"""How far apart two events are at least, if there is room."""
_TROUBLE = ev.AgentFailed | ev.ScopeCancelled
_MOST_TROUBLES = 6
_STEPS = [
    *(
        base * 10.0**power
        for power in range(-7, 2)
        for base in (1, 2, 5)
        if power < 1 or base < 5
    ),
    *(30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800),
    *(86400.0 * 2**power for power in range(20)),
]


class Need(NamedTuple):
    """One event stands so many pixels right of another."""

    after: int
    """The place of the other among the events drawn."""
    pixels: float


@attrs.frozen(eq=False)
class Axis:
    """Where in the picture the events stand that are drawn."""

    left: float
    right: float
    events: Sequence[ev.Event]
    xs: Sequence[float]
    places: Mapping[int, int]
    """Of each `seq`, its place in the two others."""
    walls: tuple[float, float]
    """The sides of the box that is being drawn: nothing gets out of it."""

    def within(self, left: float, right: float) -> "Axis":
        """The same for what is drawn in a box, which lies in the box drawn so far."""
        if left > right:
            left = right = (left + right) / 2
        low, high = self.walls
        sides = max(min(left, high), low), max(min(right, high), low)
        return attrs.evolve(self, walls=sides)

    def x(self, seq: int) -> float:
        """Where the event stands; at the edge if it is not drawn."""
        place = self.places.get(seq)
        if place is not None:
            return self.xs[place]
        seqs = [event.seq for event in self.events]
        before = bisect_right(seqs, seq) - 1
        return self.left if before < 0 else self.xs[before]

    def since(self, event: ev.Event | None) -> float:
        """Where something begins whose beginning may be lost."""
        if event is None or not self.events or event.seq < self.events[0].seq:
            return self.walls[0]
        return self.until(event)

    def until(self, event: ev.Event | None) -> float:
        """Where something ends that may go on."""
        if event is None or not self.events or event.seq > self.events[-1].seq:
            return self.walls[1]
        return min(max(self.x(event.seq), self.walls[0]), self.walls[1])

    def inside(self, x: float, half: float) -> float:
        """Where the middle of a mark stands that is twice as wide, within the walls."""
        return max(min(x, self.walls[1] - half), self.walls[0] + half)

    def shows(self, begun: ev.Event | None, ended: ev.Event | None) -> bool:
        """Whether something that lasted from one to the other can be seen."""
        if not self.events:
            return False
        first, last = self.events[0].seq, self.events[-1].seq
        return (begun is None or begun.seq <= last) and (
            ended is None or ended.seq >= first
        )

    def at(self, t: float) -> float:
        """Where a time stands: in between two events, in proportion."""
        times = [event.t for event in self.events]
        place = bisect_left(times, t)
        if place == len(times):
            return self.right
        if place == 0 or times[place] == t:
            return self.xs[place]
        t0, t1 = times[place - 1], times[place]
        x0, x1 = self.xs[place - 1], self.xs[place]
        return x0 + (x1 - x0) * (t - t0) / (t1 - t0)

    def ticks(self) -> list[tuple[float, str]]:
        """Times and where they stand, as many as can be read.

        Those of failures and cancellations, and round ones in between.
        """
        if not self.events:
            return []
        first, last = self.events[0].t, self.events[-1].t
        least = (last - first) / 12
        step = next((step for step in _STEPS if step >= least), least)
        numbers = range(-int(-first // step), int(last // step) + 1)
        troubles = [
            (self.x(e.seq), e.t) for e in self.events if isinstance(e, _TROUBLE)
        ]
        rounds = [(self.at(number * step), number * step) for number in numbers]
        ticks: list[tuple[float, str]] = []
        for x, t in [*rounds[:1], *troubles[-_MOST_TROUBLES:], *rounds[1:]]:
            text = seconds(t)
            if x + len(text) * 3.6 <= self.right + 14 and all(
                abs(x - other) >= (len(text) + len(words)) * 3.6 + 8
                for other, words in ticks
            ):
                ticks.append((x, text))
        return sorted(ticks)

    def moments(self) -> list[tuple[float, float]]:
        """Where time stands still: stretches of events at (nearly) one instant."""
        found: list[tuple[float, float]] = []
        span = self.events[-1].t - self.events[0].t if self.events else 0
        start = 0
        for place in range(1, len(self.events) + 1):
            at_end = place == len(self.events)
            if at_end or self.events[place].t - self.events[place - 1].t > span / 1000:
                if self.xs[place - 1] - self.xs[start] >= 14:
                    found.append((self.xs[start], self.xs[place - 1]))
                start = place
        return found


def axis(
    events: Sequence[ev.Event],
    choices: Sequence[Sequence[Sequence[Need]]],
    left: float,
    right: float,
) -> Axis:
    """Give each event its place, so that all of them fill the room.

    Args:
        events: what is drawn.
        choices: what each event needs; the first of these for which there is room is
            taken, or the last.
        left: where the first stands.
        right: where the last stands.
    """
    if not events:
        return Axis(left, right, (), (), {}, (left, right))
    gaps = _silences(events)
    room = right - left
    fitting = (one for one in choices if _spread(gaps, one, 0)[-1] <= room * 0.95)
    needs = next(fitting, choices[-1])
    xs = _fill(gaps, needs, room)
    places = {event.seq: place for place, event in enumerate(events)}
    rounded = [round(left + x, 1) for x in xs]
    return Axis(left, right, events, rounded, places, (left, right))


def _silences(events: Sequence[ev.Event]) -> list[float]:
    """How long nothing happened before each event, where long silences shrink."""
    gaps = [max(b.t - a.t, 0.0) for a, b in pairwise(events)]
    unit = median([gap for gap in gaps if gap] or [1.0])
    return [0.0, *(log1p(gap / unit) for gap in gaps)]


def _spread(
    gaps: Sequence[float], needs: Sequence[Sequence[Need]], scale: float
) -> list[float]:
    """Where the events stand if a silence takes so many pixels."""
    xs: list[float] = []
    x = -CLOSE
    for gap, need in zip(gaps, needs, strict=True):
        x += max(CLOSE, gap * scale)
        for after, pixels in need:
            x = max(x, xs[after] + pixels)
        xs.append(x if xs else 0.0)
        x = xs[-1]
    return xs


def _fill(
    gaps: Sequence[float], needs: Sequence[Sequence[Need]], room: float
) -> list[float]:
    """The same, with the scale at which they fill the room."""
    low, high = 0.0, room
    xs = _spread(gaps, needs, low)
    if xs[-1] > room or len(xs) < 2 or not any(gaps):
        return [x * room / xs[-1] if xs[-1] else 0.0 for x in xs]
    while high - low > 0.01:
        middle = (low + high) / 2
        tried = _spread(gaps, needs, middle)
        if tried[-1] > room:
            high = middle
        else:
            low, xs = middle, tried
    return xs
