"""The picture of a run: one SVG that stands alone.

For those who put something over it, such as a player: each ``<g>`` that shows events
names them in ``data-seq``, first the one with which it begins; `places` says how far
right each event stands, so that all that comes later can be veiled.
"""

from collections.abc import Sequence

from ..._model import events as ev
from ..scene import Scene
from .drawing import draw, lay_out
from .theme import Theme
from .view import view


def picture(
    events: Sequence[ev.Event],
    *,
    title: str = "",
    width: int = 720,
    window: tuple[float, float] | None = None,
    theme: Theme = "auto",
) -> str:
    """Draw what happened, so that nothing sticks out of its box.

    Time goes to the right, an agent or task has a lane, and nurseries are boxes. Time
    is elastic: what happens at once is spread, and long silences shrink; the ticks are
    true. The same events give the same text, on every version of Python.

    Args:
        events: what was recorded, in its order. The beginning may be missing.
        title: a heading; none if it is empty.
        width: in pixels. Texts stay as large as they are; lanes get more room.
        window: draw only what happened from one time to another, in seconds since the
            beginning of the recording. Otherwise all is drawn, or, of more than 600
            events, those around the last failure or cancellation.
        theme: "light", "dark", or "auto" for that of the reader: of the page, if its
            ``data-theme`` is "light" or "dark", or else of the system.

    Returns:
        An SVG without outside references, in which all texts are escaped.

    Raises:
        Nothing: what is odd in *events* is drawn as well as it can be.

    Example::

        svg = picture(recording.events, title="A service", theme="light")
    """
    return draw(events, title, width, window, theme)


def places(
    events: Sequence[ev.Event],
    *,
    width: int = 720,
    window: tuple[float, float] | None = None,
) -> dict[int, float]:
    """Say where the events stand that the same call of `picture` draws.

    Args:
        events: what was recorded.
        width: of the picture, in pixels.
        window: of the picture, in seconds.

    Returns:
        For the `seq` of each event that is drawn, its x in pixels, which rises.

    Raises:
        Nothing: as `picture`.

    Example::

        where = places(recording.events)
        newest = recording.events[-1]
        veiled_from = where[newest.seq]
    """
    line = lay_out(Scene.of(events), view(events, window), width)
    return {event.seq: x for event, x in zip(line.events, line.xs, strict=True)}
