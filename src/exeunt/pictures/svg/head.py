"""What stands over the lanes: the title, the run in words, and the times."""

import re
from collections.abc import Iterator

from ..headline import headline
from ..scene import Scene
from . import pen
from .axis import Axis
from .text import cut, width, wrap
from .view import View, strip as density

MARGIN = 12
_UNIT = re.compile(r"(\d) (s|ms|µs|min|h)\b")


def head(scene: Scene, title: str, shown: View, wide: int) -> tuple[float, str]:
    """The title and the run in words; where it is not shown whole, a strip of it."""
    room = wide - 2 * MARGIN
    y, parts = MARGIN + 4.0, list[str]()
    if title:
        parts.append(pen.text(MARGIN, y + 12, cut(title, room, 17, bold=True), "h"))
        y += 24
    words = _UNIT.sub("\\1\u00a0\\2", " · ".join(headline(scene)))
    for line in wrap(words, room, 12.5, lines=6):
        parts.append(pen.text(MARGIN, y + 10, line, "w m"))
        y += 17
    if not shown.all:
        parts.append(pen.text(MARGIN, y + 12, cut(shown.says, room, 12.5), "w"))
        parts += density(shown, MARGIN, wide - MARGIN, y + 18)
        y += 66
    return y + 6, "".join(parts) + "\n"


def ticks(line: Axis, y: float, bottom: float) -> Iterator[str]:
    """The axis: round times, and where time stands still."""
    for x, words in line.ticks():
        yield pen.down(x, y + 2, bottom + 2, "grid")
        half = width(words) / 2
        yield pen.text(x - half, y - 3, words, "m")
    for x0, x1 in line.moments():
        yield pen.across(x0, x1, y + 2, "same")
    yield "\n"
