"""The page: the source on the left, the story and the picture on the right."""

import json
import re
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

from ..._model import events as ev
from ..scene import Scene
from ..svg.picture import picture, places
from ..svg.text import safe
from ..telling.folding import clock
from .steps import Step, steps

_WIDTH = 720
_LINE_ENDS = re.compile("\r\n|\r|\n")
_NO_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufffe\uffff]"
)
"""What HTML cannot hold, and what would turn the order of letters around."""


def player(
    events: Sequence[ev.Event], *, title: str = "", sources: Mapping[str, str]
) -> str:
    """Make a page on which a run is played, event by event.

    It shows the source, in it the line where the acting agent or task stands and who
    else stands where; the picture, in which a veil lies over what is still to come; and
    the story. Keys: ← and → for a step, space to play and pause, Home and End. In the
    address, ``#32`` opens it at the 32nd event.

    Args:
        events: what was recorded, in its order. Where somebody stands is known if there
            are `StoodAt` among them.
        title: a heading, "A run" if it is empty.
        sources: the texts of the program's files by their paths, as the events name
            them. If there are none, there is only the story and the picture.

    Returns:
        An HTML file that stands alone: it needs no network, and forbids itself to use
        it. The same events give the same text, on every version of Python.

    Raises:
        Nothing: what is odd in *events* or *sources* is shown as well as it can be.

    Example::

        from exeunt.pictures.player.player import player
        from exeunt.tracing import record

        recording = record(main)
        page = player(recording.events, sources=recording.header.sources)
    """
    scene = Scene.of(events)
    made = [*steps(scene)]
    texts = {file: sources[file] for file in _in_order(made, sources)}
    script = _shortened(_part("player.js"))
    return Template(_part("page.html")).substitute(
        title=safe(title) or "A run",
        hash=b64encode(sha256(script.encode()).digest()).decode(),
        style=_part("player.css"),
        kind="with-source" if texts else "without-source",
        count=len(made),
        troubles="".join(_ticks(made)),
        sources="".join(_source(n, *each) for n, each in enumerate(texts.items())),
        tabs="".join(_tab(n, file) for n, file in enumerate(texts)),
        picture=picture(events, width=_WIDTH),
        story="".join(_lines(made)),
        data=_data(scene, made, [*texts]),
        script=script,
    )


def _part(name: str) -> str:
    return files("exeunt.pictures.player").joinpath(name).read_text("utf-8")


def _shortened(script: str) -> str:
    """Leave out what only readers of the script need."""
    lines = [line.strip() for line in script.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _in_order(made: Sequence[Step], sources: Mapping[str, str]) -> list[str]:
    """The files as they are first visited, then those where nobody ever stands."""
    visited = [at[0] for step in made for at in step.moves.values() if at is not None]
    return [file for file in dict.fromkeys([*visited, *sources]) if file in sources]


def _ticks(made: Sequence[Step]) -> Iterator[str]:
    """Where on the slider there is trouble."""
    last = max(len(made) - 1, 1)
    for n, step in enumerate(made):
        if step.trouble:
            yield f'<i style="left:{100 * n / last:.2f}%"></i>'


def _tab(number: int, file: str) -> str:
    pressed = "false" if number else "true"
    return f'<button type="button" aria-pressed="{pressed}">{safe(file)}</button>'


def _source(number: int, file: str, text: str) -> str:
    lines = _LINE_ENDS.split(text.rstrip("\r\n"))
    clean = (_NO_TEXT.sub("\ufffd", line) for line in lines)
    rows = "".join(f"<div>{escape(line, quote=False)}</div>" for line in clean)
    hidden = " hidden" if number else ""
    return f'<pre tabindex="0" aria-label="{safe(file)}"{hidden}>{rows}</pre>'


def _lines(made: Sequence[Step]) -> Iterator[str]:
    last = ""
    times = clock([step.event.t for step in made])
    for step, time in zip(made, times, strict=True):
        looks = ' class="bad"' if step.trouble else ""
        when = f"<time>{time}</time>" if time != last else ""
        yield f"<li{looks}>{when}<a>{escape(step.says, quote=False)}</a>\n"
        last = time


def _data(scene: Scene, made: Sequence[Step], names: Sequence[str]) -> str:
    """What the script has to know: names, and of each step its seq, x, who, moves."""
    numbers = {name: n for n, name in enumerate(names)}
    xs = places(scene.events, width=_WIDTH)
    seqs = [*xs]
    rows: list[list[object]] = []
    for step in made:
        before = bisect_right(seqs, step.event.seq)
        x = xs[seqs[max(before - 1, 0)]] if seqs else 0
        moves = {
            who: [numbers[at[0]], at[1]] if at and at[0] in numbers else 0
            for who, at in step.moves.items()
        }
        row = [step.event.seq, x, -1 if step.who is None else step.who]
        rows.append([*row, moves] if moves else [*row])
    everybody = {figure.number: figure.name for figure in scene.figures.values()}
    text = json.dumps({"names": everybody, "steps": rows}, separators=(",", ":"))
    return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text)
