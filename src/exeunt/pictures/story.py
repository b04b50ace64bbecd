"""A run told in words: the beginning, the trouble, and the end.

What belongs together stands in one line, and what repeats itself is told twice and then
counted. The time stands where it has changed.
"""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from .._model import events as ev
from .headline import headline
from .parts import Figure
from .scene import Scene
from .telling.beats import Beat, Context
from .telling.folding import (
    Line,
    clock,
    in_breaths,
    shortened,
    without_rounds,
)
from .telling.of_lives import beat_of_life
from .telling.of_messages import beat_of_message
from .telling.of_others import beat_of_other, in_the_end
from .telling.phrases import brief
from .telling.sentences import sentence

__all__ = ["sentence", "story"]

_WIDTH = 88


def story(events: Sequence[ev.Event], *, title: str = "") -> str:
    """Tell a run in plain words, one line for what belongs together.

    A short run is told in full. Of a long one the repetitions are counted, and then the
    beginning, the trouble and the end are told.

    Args:
        events: what happened, in order.
        title: what stands above it.

    Returns:
        Some lines of at most 88 letters, each with its line break.
    """
    scene = Scene.of(events)
    lines = shortened(without_rounds(in_breaths(_beats(scene))))
    said = [*wrap(brief(title, 200), _WIDTH), ""] if title.strip() else []
    if lines:
        said += [*_laid_out(lines), ""]
    facts = "; ".join(brief(fact, 200) for fact in headline(scene))
    said += wrap(f"In all: {facts}.", _WIDTH)
    return "\n".join(said) + "\n"


def _beats(scene: Scene) -> Iterator[Beat]:
    context = Context(scene)
    if any(_is_unknown(figure) for figure in scene.figures.values()):
        yield Beat(t=scene.events[0].t, before="… the beginning is not on record")
    for event in scene.events:
        if context.is_said(event):
            continue
        for tell in (beat_of_message, beat_of_life, beat_of_other):
            beat = tell(context, event)
            if beat is not None:
                yield beat
            if beat is not None or context.is_said(event):
                break
    yield from in_the_end(scene)


def _is_unknown(figure: Figure) -> bool:
    return figure.kind == "agent" and figure.started is None


def _laid_out(lines: Sequence[Line]) -> Iterator[str]:
    times = clock([line.t for line in lines])
    width = max(map(len, times))
    last = ""
    for line, time in zip(lines, times, strict=True):
        margin = f"{'' if time == last else time:>{width}}  "
        yield from wrap(
            line.text,
            _WIDTH,
            initial_indent=margin,
            subsequent_indent=" " * (width + 4),
            break_on_hyphens=False,
        )
        last = time or last
