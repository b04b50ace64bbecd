"""Puts the picture together, from its title down to its legend."""

from collections.abc import Iterator, Sequence

from ..._model import events as ev
from ..headline import headline
from ..parts import Figure
from ..scene import Scene
from . import pen
from .arrows import arrows
from .axis import Axis, axis
from .boxes import Stage, draw_box, draw_cancel, draw_posts, walls
from .head import MARGIN, head, ticks
from .lane import Strip, strip
from .legend import legend
from .marks import Marks, marks
from .names import column, name
from .needs import Needs
from .pen import num
from .text import safe
from .theme import Theme, style
from .view import View, view


def draw(
    events: Sequence[ev.Event],
    title: str,
    wide: int,
    window: tuple[float, float] | None,
    theme: Theme,
) -> str:
    """Draw a run; see `exeunt.pictures.picture`."""
    scene, shown = Scene.of(events), view(events, window)
    top, above = head(scene, title, shown, wide)
    line = lay_out(scene, shown, wide)
    stage = Stage(scene, line, picture_strips(scene, line), scene.held())
    bottom = stage.place(None, top + 22)
    body = above + "".join(_body(stage, top + 14, bottom))
    high, explained = legend(body, MARGIN, wide - MARGIN, bottom + 22)
    size = f'width="{wide}" height="{num(bottom + high + 12)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="exeunt {theme}" role="img" '
        f'viewBox="0 0 {wide} {num(bottom + high + 12)}" {size}>'
        f"<title>{safe(title or 'A run')}</title>"
        f"<desc>{safe('. '.join(headline(scene)))}</desc>\n"
        f"{style(theme)}{body}{explained}</svg>\n"
    )


def lay_out(scene: Scene, shown: View, wide: int) -> Axis:
    """Where the events stand, right of the names."""
    left = MARGIN + column(scene, shown.events)
    choices = Needs.of(scene, shown.events).choices()
    return axis(shown.events, choices, left, wide - MARGIN - 4)


def picture_strips(scene: Scene, line: Axis) -> dict[int, Strip]:
    """A drawn lane for everybody of whom there is something to see."""
    strips: dict[int, Strip] = {}
    for number, found in marks(scene).items():
        figure = scene.figures[number]
        known = figure.started or figure.left or figure.ready
        if line.shows(figure.started, figure.left) and (known or _any(found, figure)):
            inner = line.within(*walls(scene, figure.scope, line))
            told = _told(scene, figure)
            strips[number] = strip(figure, found, inner, told=told)
    return strips


def _any(found: Marks, figure: Figure) -> bool:
    return bool(
        found.turns or found.waits or found.mailbox or found.notes or figure.failures
    )


def _told(scene: Scene, figure: Figure) -> bool:
    """Whether the boxes around a lane already tell why it was cancelled."""
    stopping, number = figure.stopping, figure.scope
    while number is not None and stopping is not None:
        if any(cancel.t <= stopping.t for cancel in scene.scopes[number].cancels):
            return True
        number = scene.scopes[number].parent
    return False


def _body(stage: Stage, y: float, bottom: float) -> Iterator[str]:
    line = stage.axis
    yield from map(draw_box, stage.boxes)
    yield from ticks(line, y, bottom)
    for box in stage.boxes:
        owner = stage.lanes.get(-1 if box.scope.owner is None else box.scope.owner)
        if owner is not None:
            yield draw_posts(box, owner, line)
        yield draw_cancel(box, stage.scene, line)
    yield from arrows(stage.scene, line, stage.lanes)
    for number, middle in stage.lanes.items():
        lane = stage.strips[number]
        yield name(lane.figure, middle, stage.depths[number], line)
        yield pen.group([lane.svg], y=middle)
    for box in stage.boxes:
        for x, row, words, looks in box.head:
            yield pen.text(x, box.y0 + 14 + 17 * row, words, f"halo {looks}") + "\n"
