"""The column of names, left of the lanes."""

from collections.abc import Sequence

from ..._model import events as ev
from ..parts import Figure
from ..scene import Scene
from ..words import count
from . import pen
from .axis import Axis
from .head import MARGIN
from .text import cut, width

MOST = 140
"""So many pixels names take at most."""
INDENT = 8


def column(scene: Scene, events: Sequence[ev.Event]) -> float:
    """How wide the column is: as wide as the widest name that is shown."""
    last = events[-1].seq if events else 0
    first = events[0].seq if events else 0
    wide = [
        INDENT * _depth(scene, figure)
        + max(width(figure.name, 12, bold=True), width(_about(figure)))
        for figure in scene.figures.values()
        if not (figure.left and figure.left.seq < first)
        and not (figure.started and figure.started.seq > last)
    ]
    return 14 + min(max(wide, default=0), MOST)


def _depth(scene: Scene, figure: Figure) -> int:
    depth, number = 0, figure.scope
    while number is not None:
        depth += scene.scopes[number].kind != "run"
        number = scene.scopes[number].parent
    return depth


def _about(figure: Figure) -> str:
    """What stands under a name."""
    if figure.kind == "main":
        return "the program"
    return figure.type if figure.type != figure.name else ""


def name(figure: Figure, middle: float, depth: int, line: Axis) -> str:
    """A name, and a thin line from there to the beginning of the lane."""
    x = MARGIN + INDENT * depth
    room = line.left - x - 8
    about = _about(figure)
    y = middle + (0 if about else 4)
    called = pen.text(x, y, _cut(figure.name, room), "n")
    under = pen.text(x, y + 13, cut(about, room), "m") if about else ""
    begun = line.since(figure.started)
    guide = (
        pen.across(line.left - 4, begun - 4, middle, "grid")
        if begun > line.left + 8
        else ""
    )
    return pen.group([guide, called, under], title=_tip(figure))


def _cut(called: str, room: float) -> str:
    """A name, of which the number at its end is kept."""
    stem, mark, number = called.rpartition(" #")
    end = mark + number if stem else ""
    stem = called[: len(called) - len(end)]
    return cut(stem, room - width(end, 12, bold=True), 12, bold=True) + end


def _tip(figure: Figure) -> str:
    said = [figure.name, figure.type]
    if figure.capacity is not None:
        said.append(f"its mailbox holds {count(figure.capacity, 'message')}")
    return ", ".join(filter(None, said))
