"""The state diagram as a standalone SVG, computed from the table of transitions.

How the table is read: the states stand in a row, in their order. Where an event leads
to a state from several others, it is a rail that these are connected to: above the row
if the end it brings is an orderly one, below the row, dashed, if it is not. Where it
moves a single state, it is an arrow. Where it changes nothing, it is named inside the
state.

The same table gives the same bytes. It carries its own ground, so that it can be read
on any page, light or dark.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from exeunt._model.lifecycle import TRANSITIONS, Event, Reason, State, reason_after

WIDTH = 720
BOX_WIDTH, BOX_HEIGHT = 92, 100
GAP = 61
TOP = 74  # of the row of states
RAIL = 38  # from the row to the rail
BEND = 10
HEIGHT = TOP + BOX_HEIGHT + RAIL + 42

STYLE = """
svg { --ground: #fff; --edge: #c9d1d9; --box: #eef3fa; --line: #38506e;
      --text: #1c2733; --soft: #4d5b6b; --alarm: #b3261e; }
@media (prefers-color-scheme: dark) {
svg { --ground: #17191c; --edge: #3a4149; --box: #232b36; --line: #a9c3e6;
      --text: #eceff3; --soft: #b4bfcb; --alarm: #ff9d92; } }
.ground { fill: var(--ground); stroke: var(--edge); stroke-width: 2; }
.box { fill: var(--box); stroke: var(--line); stroke-width: 1.5; }
.way { fill: none; stroke: var(--line); stroke-width: 1.75; }
.abrupt { stroke: var(--alarm); stroke-dasharray: 6 4; }
.head { fill: var(--line); }
.abrupt-head { fill: var(--alarm); }
text { font: 13px system-ui, sans-serif; fill: var(--text); text-anchor: middle; }
.name { font-size: 16px; font-weight: 600; }
.soft { font-size: 12px; fill: var(--soft); }
.alarm { fill: var(--alarm); }
"""


class Way(NamedTuple):
    """Some events that lead from each of some states to another one."""

    events: tuple[Event, ...]
    sources: tuple[State, ...]
    target: State

    @property
    def abrupt(self) -> bool:
        """Whether the life ends before everything accepted was handled."""
        return reason_after(None, self.events[0]) not in {None, Reason.STOPPED}

    @property
    def is_step(self) -> bool:
        """Whether it leads from one state to the next and nowhere else."""
        return len(self.sources) == 1 and place(self.target) == place(*self.sources) + 1


def ways() -> list[Way]:
    """Read the table: what leads where, with events that do the same put together."""
    sources: dict[tuple[Event, State], list[State]] = defaultdict(list)
    for state, follows in TRANSITIONS.items():
        for event, target in follows.items():
            if target is not state:
                sources[event, target].append(state)
    events: dict[tuple[tuple[State, ...], State], list[Event]] = defaultdict(list)
    for (event, target), froms in sources.items():
        events[tuple(froms), target].append(event)
    return [Way(tuple(es), froms, target) for (froms, target), es in events.items()]


def diagram() -> str:
    """Return the SVG."""
    drawn: list[str] = []
    for way in ways():
        drawn += step(way) if way.is_step else rail(way)
    for state in State:
        drawn += box(state)
    body = "\n".join(drawn)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"
     width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="title desc">
<title id="title">The life of an agent</title>
<desc id="desc">{in_words()}</desc>
<style>{STYLE}</style>
<defs>{head("head")}{head("abrupt-head")}</defs>
<rect class="ground" width="100%" height="100%" rx="8"/>
{body}
</svg>
"""


def in_words() -> str:
    """Return what the diagram shows as a sentence."""
    told = [
        f"{' or '.join(way.events)} leads from {' or '.join(way.sources)} "
        f"to {way.target}"
        for way in ways()
    ]
    return f"The life of an agent. {'; '.join(told)}."


def box(state: State) -> Iterator[str]:
    """Draw a state, and name in it the events that do not move it."""
    left, final = middle(state) - BOX_WIDTH // 2, not leaves(state)
    for inset in (0, 4) if final else (0,):
        yield (
            f'<rect class="box" x="{left + inset}" y="{TOP + inset}" '
            f'width="{BOX_WIDTH - 2 * inset}" height="{BOX_HEIGHT - 2 * inset}" '
            f'rx="{8 - inset // 2}"/>'
        )
    told = unmoved(state)
    y = TOP + BOX_HEIGHT // 2 + 5 - 7 * len(told)
    yield text(middle(state), y, state, "name")
    for number, line in enumerate(told, start=1):
        yield text(middle(state), y + 3 + 14 * number, line, "soft")


def unmoved(state: State) -> list[str]:
    """Return the events that change nothing in a state, as lines that fit its box."""
    events = [event for event, target in TRANSITIONS[state].items() if target == state]
    pairs = [", ".join(events[i : i + 2]) for i in range(0, len(events), 2)]
    return ["unmoved by", *",\n".join(pairs).splitlines()] if events else []


def step(way: Way) -> Iterator[str]:
    """Draw an arrow from one state to the next."""
    end = middle(way.target) - BOX_WIDTH // 2
    y = TOP + BOX_HEIGHT // 2
    yield path(way, f"M{end - GAP} {y}H{end}", ends=True)
    yield text(end - GAP // 2 - 2, y - 8, ", ".join(way.events))


def rail(way: Way) -> Iterator[str]:
    """Draw a rail that leads from several states to one."""
    down = 1 if way.abrupt else -1
    edge = TOP + BOX_HEIGHT if way.abrupt else TOP
    y, bend = edge + down * RAIL, down * BEND
    first, *others = way.sources
    end = middle(way.target)
    for source in others:
        x = middle(source)
        yield path(way, f"M{x} {edge}V{y - bend}q0 {bend} {BEND} {bend}")
    x = middle(first)
    yield path(
        way,
        f"M{x} {edge}V{y - bend}q0 {bend} {BEND} {bend}H{end - BEND}"
        f"q{BEND} 0 {BEND} {-bend}V{edge}",
        ends=True,
    )
    label = ", ".join(way.events)
    y += 20 if way.abrupt else -9
    yield text((x + end) // 2, y, label, "alarm" if way.abrupt else "")


def path(way: Way, along: str, *, ends: bool = False) -> str:
    """Return a line, with an arrow head if it ends at a state."""
    kind, mark = ("way abrupt", "abrupt-head") if way.abrupt else ("way", "head")
    marker = f' marker-end="url(#{mark})"' if ends else ""
    return f'<path class="{kind}" d="{along}"{marker}/>'


def head(name: str) -> str:
    """Return the definition of an arrow head."""
    return (
        f'<marker id="{name}" class="{name}" viewBox="0 0 10 10" refX="9.5" refY="5" '
        'markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" '
        'orient="auto"><path d="M0 .5 10 5 0 9.5z"/></marker>'
    )


def text(x: int, y: int, words: str, kind: str = "") -> str:
    """Return a line of text around *x*."""
    shape = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{shape}>{words}</text>'


def place(state: State) -> int:
    """Return which state of the row it is, counted from 0."""
    return list(State).index(state)


def middle(state: State) -> int:
    """Return the x of a state's middle."""
    row = len(State) * BOX_WIDTH + (len(State) - 1) * GAP
    return (WIDTH - row + BOX_WIDTH) // 2 + place(state) * (BOX_WIDTH + GAP)


def leaves(state: State) -> bool:
    """Return whether anything leads out of a state."""
    return any(target is not state for target in TRANSITIONS[state].values())
