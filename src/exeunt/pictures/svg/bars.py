"""The bars of a lane: who handles what, how it ended, and whom it waits for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..._model import events as ev
from ..parts import Message, Turn
from ..saying import lasted
from ..words import times
from . import pen
from .axis import Axis
from .marks import Waiting
from .pen import num
from .shelf import Label, Shelf
from .text import brief, width

HALF = 10
"""A bar is twice as high."""
FEW = 6
"""If there are no more bars in a lane, each gets a text."""
NARROW = 4
"""Bars that are not wider are folded into one if they follow each other closely."""


class Bar(NamedTuple):
    """One turn, or many that are too narrow to be told apart."""

    x0: float
    x1: float
    turns: Sequence[tuple[Message, Turn]]


def bars(turns: Sequence[tuple[Message, Turn]], axis: Axis) -> list[Bar]:
    """Find the bars of a lane that can be seen."""
    found: list[Bar] = []
    for message, turn in turns:
        if not axis.shows(turn.begun, turn.ended):
            continue
        x0, x1 = axis.since(turn.begun), axis.until(turn.ended)
        bar = Bar(max(min(x0, x1 - 1), axis.walls[0]), x1, [(message, turn)])
        if found and _folds(found[-1], bar):
            last = found.pop()
            bar = Bar(last.x0, bar.x1, [*last.turns, *bar.turns])
        found.append(bar)
    return found


def _folds(last: Bar, bar: Bar) -> bool:
    if bar.x0 - last.x1 > NARROW or _trouble(bar) or _trouble(last):
        return False
    was_narrow = len(last.turns) > 1 or last.x1 - last.x0 <= NARROW
    return was_narrow and bar.x1 - bar.x0 <= NARROW


def _trouble(bar: Bar) -> str:
    """How its message failed to be handled in this turn, if it did."""
    match bar.turns[0][1].ended:
        case ev.MessageEnded(fate="handled"):
            return ""
        case ev.MessageEnded(fate=fate):
            return fate
        case ev.MessagePostponed():
            return "postponed"
        case _:
            return ""


def draw_bars(
    found: Sequence[Bar], waits: Sequence[Waiting], axis: Axis, shelf: Shelf
) -> Iterator[str]:
    """Draw the bars, then who is waited for, then the texts on top of both."""
    shades: list[tuple[float, float]] = []
    for bar in found:
        yield _bar(bar, axis)
    for wait in waits:
        if axis.shows(wait.begun, wait.ended):
            shades.append((axis.since(wait.begun), axis.until(wait.ended)))
            yield _wait(wait, axis, shelf)
    for bar in found:
        yield _caption(bar, shades, shelf, few=len(found) <= FEW)


def _bar(bar: Bar, axis: Axis) -> str:
    trouble = _trouble(bar)
    box = (bar.x0, -HALF, bar.x1 - bar.x0, 2 * HALF)
    if trouble == "interrupted":
        parts = [_torn(bar)]
    else:
        looks = {"failed": "bar bad", "postponed": "bar back"}.get(trouble, "bar")
        parts = [pen.rect(*box, looks, round_=2.5)]
    if trouble == "failed":
        parts.append(pen.cross(axis.inside(bar.x1, 4.5), 0))
    turns = bar.turns if len(bar.turns) == 1 else (bar.turns[0], bar.turns[-1])
    ends = [event for _, turn in turns for event in (turn.begun, turn.ended)]
    return pen.group(parts, ends, _title(bar))


def _torn(bar: Bar) -> str:
    """A bar whose end is torn off: its handler was cancelled."""
    teeth = "".join(f"l{dx} 5" for dx in (3, -3, 3, -3))
    x0, x1 = num(bar.x0), num(max(bar.x1 - 3, bar.x0))
    return pen.path("bar cutoff", f"M{x0} -10H{x1}{teeth}H{x0}z")


def _title(bar: Bar) -> str:
    if len(bar.turns) > 1:
        some = ", ".join(message.text for message, _ in bar.turns[:12])
        return f"handles {len(bar.turns)} messages: {some}"
    message, turn = bar.turns[0]
    took = lasted(turn.begun, turn.ended)
    title = f"{message.text}: {_trouble(bar) or ('handled' if took else 'under way')}"
    title += f", {took}" if took else ""
    return f"{title}: {message.error}" if message.error else title


def _caption(
    bar: Bar, shades: Sequence[tuple[float, float]], shelf: Shelf, *, few: bool
) -> str:
    """What is handled: in the bar where nothing is in the way, or over it."""
    many = len(bar.turns) > 1
    words = times(len(bar.turns)) if many else bar.turns[0][0].text
    x0, x1 = _widest(bar, shades)
    room = x1 - x0 - 6
    fits = brief(words, room)
    if fits and (fits == words or len(fits) > 4):
        return pen.text(x0 + 4, 4, fits)
    if few or _trouble(bar):
        shelf.put(Label(bar.x0, brief(words, 140)))
    return ""


def _widest(bar: Bar, shades: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The widest stretch of a bar in which nobody is waited for."""
    free: list[tuple[float, float]] = []
    x = bar.x0
    for a, b in shades:
        if a >= bar.x1:
            break
        if b > x:
            free.append((x, a))
            x = max(x, b)
    free.append((x, bar.x1))
    return max(free, key=lambda stretch: (stretch[1] - stretch[0], -stretch[0]))


def _long(wait: Waiting, axis: Axis) -> bool:
    """Whether a wait is worth a line of its own."""
    if wait.begun is None or wait.ended is None:
        return True
    span = axis.events[-1].t - axis.events[0].t
    return wait.ended.t - wait.begun.t > span / 10


def _wait(wait: Waiting, axis: Axis, shelf: Shelf) -> str:
    x0, x1 = axis.since(wait.begun), axis.until(wait.ended)
    looks = "room" if wait.room else "ask"
    parts = [pen.rect(x0, -8, x1 - x0, 16, looks)]
    fits = next((w for w in wait.says if width(w) + 8 <= x1 - x0), "")
    if fits:
        if not wait.room:
            parts.append(pen.rect(x0 + 1, -7, width(fits) + 6, 14, "plate"))
        parts.append(pen.text(x0 + 4, 4, fits, "t-room" if wait.room else ""))
    elif x1 - x0 > 6:
        looks = "t-room" if wait.room else "m"
        shelf.put(Label(x0, wait.says[0], looks, must=_long(wait, axis)))
    return pen.group(parts, [wait.begun, wait.ended], wait.says[0])
