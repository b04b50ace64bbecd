"""Which part of a long run is shown, and a strip of the whole run above it."""

from collections.abc import Iterator, Sequence

import attrs

from ..._model import events as ev
from ..words import seconds
from . import pen

MOST = 600
"""So many events are shown at once, unless a window is asked for."""
SHOWN = 240
"""So many are shown of more."""
AHEAD = 40
"""So many of these come after what is interesting."""


@attrs.frozen
class View:
    """Some of the events of a run, and why these."""

    whole: Sequence[ev.Event]
    first: int
    last: int
    """The place after the last one."""
    why: str

    @property
    def events(self) -> Sequence[ev.Event]:
        """What is shown."""
        return self.whole[self.first : self.last]

    @property
    def all(self) -> bool:
        """Whether nothing is left out."""
        return len(self.events) == len(self.whole)

    @property
    def says(self) -> str:
        """What is shown, in words."""
        if not self.events:
            return f"Nothing of {len(self.whole):,} events{self.why}"
        t0, t1 = seconds(self.events[0].t), seconds(self.events[-1].t)
        places = f"{self.first + 1:,} to {self.last:,} of {len(self.whole):,}"
        return f"Shown: events {places}, from {t0} to {t1}{self.why}."


def view(events: Sequence[ev.Event], window: tuple[float, float] | None = None) -> View:
    """Choose what to show of a run: all of it, a window, or what is interesting."""
    if window is not None:
        inside = [
            n for n, event in enumerate(events) if window[0] <= event.t <= window[1]
        ]
        first, last = (inside[0], inside[-1] + 1) if inside else (0, 0)
        return View(events, first, last, "")
    if len(events) <= MOST:
        return View(events, 0, len(events), "")
    troubles = [n for n, event in enumerate(events) if _trouble(event)]
    middle, reason = len(events), ", its end"
    if troubles:
        middle = troubles[-1]
        what = "cancellation" if _cancel(events[middle]) else "failure"
        reason = f", around its last {what}"
    last = min(len(events), middle + AHEAD)
    return (
        View(events, last - SHOWN, last, reason)
        if last >= SHOWN
        else View(events, 0, SHOWN, reason)
    )


def _cancel(event: ev.Event) -> bool:
    return isinstance(event, ev.ScopeCancelled)


def _trouble(event: ev.Event) -> bool:
    match event:
        case ev.ScopeCancelled() | ev.AgentFailed():
            return True
        case ev.TaskEnded(outcome="failed"):
            return True
        case _:
            return False


def strip(shown: View, left: float, right: float, y: float) -> Iterator[str]:
    """How much happened when in the whole run, its troubles, and what is shown."""
    whole = shown.whole
    t0, t1 = whole[0].t, whole[-1].t
    span = (t1 - t0) or 1.0
    columns = int((right - left) // 4)
    counts = [0] * columns
    troubles = [False] * columns
    for event in whole:
        column = min(int((event.t - t0) / span * columns), columns - 1)
        counts[column] += 1
        troubles[column] |= _trouble(event)
    highest = max(counts)
    if shown.events:
        a, b = ((shown.events[n].t - t0) / span * (right - left) for n in (0, -1))
        yield pen.rect(left + a, y, max(b - a, 2), 30, "shown")
    steps = "".join(
        f"M{left + 4 * n:.0f} {y + 28:.0f}v{pen.num(-1 - 21 * some / highest)}"
        for n, some in enumerate(counts)
        if some
    )
    yield pen.path("dense", steps)
    for column, bad in enumerate(troubles):
        if bad:
            yield pen.cross(left + 4 * column, y + 4, 2.5)
    yield pen.text(left, y + 41, seconds(t0), "m")
    yield pen.text(right, y + 41, seconds(t1), "m", end=True)
