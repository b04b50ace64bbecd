"""How supervised agents leave, drawn from runs of them.

``python docs/_ext/leaving.py`` writes ``docs/_static/leaving.svg``; a test sees to it
that the file is up to date. Three runs of the same four agents, each ended in another
way, on a virtual clock. What is drawn is what their handles said at each quarter of a
second.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count, groupby
from logging import getLogger
from pathlib import Path
from typing import Any

import trio
from lifecycle_diagram import STYLE
from trio.testing import MockClock

from exeunt import Agent, Handle, State, open_supervisor

STEP = 0.25  # seconds from one look at the agents to the next
END = 3.0  # when the block ends, seconds
TELL = 8.25  # how many seconds are shown
USES = {"db": [], "cache": ["db"], "web": ["cache", "db"], "log": []}
ENDS = {
    "end": "its block ends: all drain",
    "cancel": "it is cancelled",
    "crash": "cache crashes",
}

Seen = dict[str, list[State]]


class Member(Agent[float]):
    """Is busy for so many seconds, and says goodbye to what it uses."""

    def __init__(self, uses: list[Handle[Any]], notes: list[tuple[str, float]]) -> None:
        self.uses = uses
        self.notes = notes

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Say goodbye at the end."""
        try:
            yield
        finally:
            for used in self.uses[-1:]:
                used.send_nowait(0.25)
                self.notes.append((self.context.name, trio.current_time()))
            await trio.sleep(1)

    async def handle(self, seconds: float) -> None:
        """Be busy, or crash."""
        if seconds < 0:
            raise ValueError(seconds)
        await trio.sleep(seconds)


async def play(how: str, seen: Seen, notes: list[tuple[str, float]]) -> None:
    """Start the agents, let them be, and end them in this way."""
    handles: dict[str, Handle[Any]] = {}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(look, handles, seen)
        with trio.CancelScope() as scope:
            async with open_supervisor() as supervisor:
                for name, uses in USES.items():
                    used = [handles[each] for each in uses]
                    handles[name] = await supervisor.start(
                        Member, used, notes, name=name, uses=used
                    )
                    await trio.sleep(STEP)
                for name, seconds in ("web", 1.5), ("web", 0.75), ("log", 1.25):
                    await trio.sleep_until(END - 0.25)
                    await handles[name].send(seconds)
                await trio.sleep_until(END)
                if how == "crash":
                    await handles["cache"].send(-1)
                    await trio.sleep_forever()
                if how == "cancel":
                    scope.cancel()
                    await trio.sleep_forever()
        nursery.cancel_scope.cancel()


async def look(handles: dict[str, Handle[Any]], seen: Seen) -> None:
    """Note where each agent stands, again and again."""
    for name in USES:
        seen[name] = []
    for step in count(1):
        await trio.sleep_until(step * STEP + 0.01)  # when all that happens then has
        for name in USES:
            handle = handles.get(name)
            states = seen[name]
            states.append(State.CLOSED if handle is None else handle.statistics().state)


def watch(how: str) -> tuple[Seen, list[tuple[str, float]]]:
    """Return what was seen of a run that ends in this way, and who said goodbye."""
    seen: Seen = {}
    notes: list[tuple[str, float]] = []

    async def main() -> None:
        try:
            await play(how, seen, notes)
        except* ValueError:
            pass

    getLogger("exeunt").disabled = True
    trio.run(main, clock=MockClock(autojump_threshold=0))
    getLogger("exeunt").disabled = False
    return seen, notes


WIDTH, LEFT, TOP, ROW, GAP = 720, 64, 66, 27, 34
SCALE = (WIDTH - LEFT - 24) / TELL
PANEL = len(USES) * ROW + GAP
HEIGHT = TOP + len(ENDS) * PANEL
ROWS = ["web", "cache", "db", "log"]
LOOK = {State.RUNNING: "box", State.DRAINING: "draining", State.CLOSING: "closing"}
MORE = """
text { text-anchor: start; }
.draining { fill: var(--line); fill-opacity: .45; stroke: var(--line); }
.closing { fill: var(--line); stroke: var(--line); }
.row { text-anchor: end; }
.end { stroke: var(--alarm); stroke-width: 1.5; stroke-dasharray: 3 3; }
.bye { stroke: var(--text); stroke-width: 1.75; fill: none; }
.dot { fill: var(--text); }
"""


def picture() -> str:
    """Return the SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        f'     width="{WIDTH}" height="{HEIGHT}" role="img">',
        f"<title>{in_words()}</title><style>{STYLE}{MORE}</style>",
        '<defs><marker id="b" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8"',
        '        markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">',
        '<path class="dot" d="M0 0 10 5 0 10z"/></marker></defs>',
        '<rect class="ground" width="100%" height="100%" rx="8"/>',
        *legend(),
    ]
    for number, (how, told) in enumerate(ENDS.items()):
        seen, notes = watch(how)
        parts += panel(TOP + number * PANEL, told, seen, notes)
    return "\n".join([*parts, "</svg>"]) + "\n"


def legend() -> list[str]:
    """Say what the colours mean."""
    told = ["on stage", "draining", "leaving its lifespan"]
    parts = []
    x = LEFT
    for look_, text in zip(LOOK.values(), told, strict=True):
        parts.append(f'<rect class="{look_}" x="{x}" y="16" width="22" height="14"/>')
        parts.append(f'<text class="soft" x="{x + 28}" y="28">{text}</text>')
        x += 60 + 7 * len(text)
    parts.append(f'<path class="bye" marker-end="url(#b)" d="M{x} 16v16"/>')
    parts.append(f'<text class="soft" x="{x + 10}" y="28">a goodbye, accepted</text>')
    return parts


def panel(top: int, told: str, seen: Seen, notes: list[tuple[str, float]]) -> list[str]:
    """Draw one run."""
    end = LEFT + END * SCALE
    bottom = top + len(ROWS) * ROW - 4
    parts = [
        f'<text class="soft alarm" x="{end + 5:.1f}" y="{top - 7}">{told}</text>',
        f'<path class="end" d="M{end:.1f} {top - 17}V{bottom}"/>',
    ]
    for row, name in enumerate(ROWS):
        y = top + row * ROW
        parts.append(f'<text class="row" x="{LEFT - 10}" y="{y + 15}">{name}</text>')
        step = 1
        for state, group in groupby(seen[name]):
            length = len(list(group))
            if state in LOOK:
                parts.append(
                    f'<rect class="{LOOK[state]}" x="{LEFT + step * STEP * SCALE:.1f}" '
                    f'y="{y}" width="{length * STEP * SCALE:.1f}" height="20" rx="3"/>'
                )
            step += length
    for name, when in notes:
        x = LEFT + when * SCALE + 6
        start = top + ROWS.index(name) * ROW + 10
        stop = top + ROWS.index(USES[name][-1]) * ROW + 2
        parts.append(
            f'<path class="bye" marker-end="url(#b)" d="M{x:.1f} {start}V{stop}"/>'
            f'<circle class="dot" cx="{x:.1f}" cy="{start}" r="3"/>'
        )
    return parts


def in_words() -> str:
    """Say what the picture shows."""
    return (
        "Four agents under a supervisor: web uses cache and db, cache uses db, log "
        "uses nothing. However it ends, web leaves before cache and cache before db, "
        "but for a cache that has crashed, and their goodbyes are accepted."
    )


if __name__ == "__main__":
    Path(__file__, "../../_static/leaving.svg").resolve().write_text(
        picture(), encoding="utf-8", newline="\n"
    )
