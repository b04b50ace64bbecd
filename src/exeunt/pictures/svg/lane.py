"""One lane: the life of an agent or a task, from its start to its end."""

from collections.abc import Iterator
from itertools import groupby

import attrs

from ..._model import events as ev
from ..parts import Figure
from ..saying import lasted
from ..words import seconds, times
from . import pen
from .axis import Axis
from .bars import HALF, bars, draw_bars
from .mailbox import mailbox
from .marks import Marks
from .pen import num
from .shelf import Label, Shelf

_ENDS = {
    "crashed": "x",
    "killed": "x",
    "failed": "x",
    "cancelled": "square",
    "stopped": "dot",
    "returned": "dot",
    "ended": "tick",
}


@attrs.frozen(eq=False)
class Strip:
    """A lane, drawn from its own middle, and how much room it needs."""

    figure: Figure
    above: float
    below: float
    svg: str


def strip(figure: Figure, marks: Marks, axis: Axis, *, told: bool) -> Strip:
    """Draw a lane.

    Args:
        figure: whose it is.
        marks: what it shows.
        axis: where the events stand, within the walls of its box.
        told: whether its box already says why it was cancelled.
    """
    above, below = Shelf(*axis.walls), Shelf(*axis.walls)
    high, kept = mailbox(marks.mailbox, axis, below)
    found = bars(marks.turns, axis)
    parts = [*_life(figure, axis), *_troubles(figure, axis, above, told=told)]
    parts += _asides(marks, axis, above)
    parts += draw_bars(found, marks.waits, axis, above)
    parts += _end(figure, axis)
    top, bottom = -HALF - 2, HALF + 3
    parts.append(pen.group([kept], y=bottom) if kept else "")
    over, under = above.settle(), below.settle()
    parts.append(above.draw(top, upwards=True))
    parts.append(below.draw(bottom + high, upwards=False))
    back = _cancelled(figure, axis, told=told)
    return Strip(
        figure,
        above=over - top,
        below=bottom + high + under,
        svg=back + "".join(parts),
    )


def _life(figure: Figure, axis: Axis) -> Iterator[str]:
    """The line of its life: dashed where it is not ready."""
    begun, end = axis.since(figure.started), axis.until(figure.left)
    if figure.started and axis.shows(figure.started, figure.started):
        yield pen.down(begun, -4, 4, "life")
    x = begun
    awake = figure.kind != "agent" or (not figure.started and not figure.ready)
    changes = [*figure.ready, *figure.failures]
    for event in sorted(changes, key=lambda event: event.seq):
        at = axis.until(event)
        yield _stretch(x, at, awake=awake)
        x, awake = at, isinstance(event, ev.AgentReady)
    yield _stretch(x, end, awake=awake)


def _stretch(x0: float, x1: float, *, awake: bool) -> str:
    if x1 - x0 < 1:
        return ""
    return pen.across(x0, x1, 0, "life" if awake else "life dash")


def _troubles(figure: Figure, axis: Axis, above: Shelf, *, told: bool) -> Iterator[str]:
    seen = [failure for failure in figure.failures if axis.shows(failure, failure)]
    for failure in seen:
        title = f"{figure.name} failed {failure.doing}: {failure.error}"
        yield pen.group(
            [pen.cross(axis.inside(axis.until(failure), 4.5), 0)], [failure], title
        )
    for error, same in groupby(seen, key=lambda failure: failure.error):
        first, *more = same
        often = f" ({times(len(more) + 1)})" if more else ""
        says = f"{error}{often} · at {seconds(first.t)}"
        above.put(Label(axis.until(first) + 6, says, "t-bad", ends=True))
    for restart in figure.restarts:
        if axis.shows(restart, restart):
            yield _again(restart, axis.inside(axis.until(restart), 13), figure.name)
    for step in figure.long_steps:
        if axis.shows(step, step):
            says = f"kept all others waiting for {seconds(step.took)} in {step.where}"
            above.put(Label(axis.at(step.t - step.took), says, "t-bad"))
    left, stopping = figure.left, figure.stopping
    if isinstance(left, ev.TaskEnded) and left.error and axis.shows(left, left):
        says = f"{left.error} · at {seconds(left.t)}"
        above.put(Label(axis.until(left), says, "t-bad", ends=True))
    if stopping and stopping.how == "cancel" and not told and stopping.reason:
        above.put(Label(axis.until(stopping), f"cancelled: {stopping.reason}", "t-bad"))


def _again(restart: ev.AgentRestarted, x: float, name: str) -> str:
    """The ↻ of a restart; drawn, since not every font has it."""
    turn = f"M{num(x - 4)} 0a4 4 0 1 1 2.2 3.6M{num(x - 4.6)} 4.6l2.8 -1l-1 -2.8"
    parts = [
        pen.dot(x, 0, 6.5, "ground"),
        pen.path("again", turn),
        pen.text(x + 6, -4, str(restart.restarts), "halo t-again"),
    ]
    title = f"{name} is started again, restart {restart.restarts}"
    return pen.group(parts, [restart], title)


def _asides(marks: Marks, axis: Axis, above: Shelf) -> Iterator[str]:
    """What was refused, and what somebody had to say."""
    for message in marks.refused:
        if message.ended and axis.shows(message.ended, message.ended):
            x = axis.inside(axis.until(message.ended), 3)
            above.put(Label(x, f"{message.text} refused", "t-bad"))
            title = f"{message.text} refused: {message.error or ''}"
            yield pen.group([pen.cross(x, -HALF - 2, 3)], [message.ended], title)
    for note in marks.notes:
        if axis.shows(note, note):
            x = axis.inside(axis.until(note), 4)
            above.put(Label(x, f"“{note.text}”"))
            flag = pen.path("f-ink", f"M{num(x)} -2l4 -7h-8z")
            yield pen.group([flag], [note], note.text)


def _end(figure: Figure, axis: Axis) -> Iterator[str]:
    """Its cleanup, and the mark of its end, which does not stick out of its time."""
    left = figure.left
    x = axis.until(left)
    if figure.leaving and axis.shows(figure.leaving, left):
        x0 = axis.since(figure.leaving)
        title = f"{figure.name} leaves: {lasted(figure.leaving, left) or 'not done'}"
        cleanup = pen.rect(x0, -5, x - x0, 10, "clean")
        yield pen.group([cleanup], [figure.leaving, left], title)
    if left and axis.shows(left, left):
        title = f"{figure.name}: {left.outcome}"
        title += f": {left.error}" if left.error else ""
        shape = _ENDS[left.outcome]
        yield pen.group([_mark(shape, axis.inside(x - 4.5, 4.5))], [left], title)


def _mark(shape: str, x: float) -> str:
    match shape:
        case "dot":
            return pen.dot(x, 0, 4.5, "f-ink")
        case "square":
            return pen.rect(x - 4.5, -4.5, 9, 9, "f-bad")
        case "x":
            return pen.cross(x, 0)
        case _:
            return pen.down(x + 4.5, -4, 4, "life")


def _cancelled(figure: Figure, axis: Axis, *, told: bool) -> str:
    """The pink stretch of an agent that was cancelled by itself."""
    stopping = figure.stopping
    if told or not stopping or stopping.how != "cancel":
        return ""
    if not axis.shows(stopping, figure.left):
        return ""
    x0, x1 = axis.since(stopping), axis.until(figure.left)
    pink = pen.rect(x0, -HALF - 4, x1 - x0, 2 * HALF + 8, "pink")
    line = pen.down(x0, -HALF - 4, HALF + 4, "cancel")
    return pen.group([pink, line], [stopping], f"{figure.name} is cancelled")
