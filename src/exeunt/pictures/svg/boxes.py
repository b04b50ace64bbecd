"""Nested boxes: nurseries and supervisors, and which lane lies where in them."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

import attrs

from ..._model import events as ev
from ..parts import Figure, Scope
from ..saying import lasted, why
from ..scene import Scene
from ..words import seconds
from . import pen
from .axis import Axis
from .lane import Strip
from .pen import num
from .text import cut, width

HEAD = 17
"""A line of text at the top of a box."""
PAD = 6
SIDE = 3


@attrs.define(eq=False)
class Box:
    """The place of a scope."""

    scope: Scope
    depth: int
    x0: float
    x1: float
    y0: float
    cancelled: float | None
    """Where it, or what is around it, was cancelled."""
    head: Sequence[tuple[float, int, str, str]]
    y1: float = 0.0


@attrs.define(eq=False)
class Stage:
    """Where everything lies: lanes by their middle, boxes by their sides."""

    scene: Scene
    axis: Axis
    strips: Mapping[int, Strip]
    held: Mapping[int | None, Sequence[Figure | Scope]]
    lanes: dict[int, float] = attrs.field(factory=dict[int, float])
    depths: dict[int, int] = attrs.field(factory=dict[int, int])
    boxes: list[Box] = attrs.field(factory=list[Box])

    def place(self, number: int | None, y: float, around: Box | None = None) -> float:
        """Give all that a scope holds its place, and return where it ends."""
        for item in self.held[number]:
            if isinstance(item, Figure):
                y = self._lane(item, y, around)
            elif self._empty(item):
                continue
            elif item.kind == "run" and not item.cancels:
                y = self.place(item.number, y, around)
            else:
                y = self._box(item, y, around)
        return y

    def _lane(self, figure: Figure, y: float, around: Box | None) -> float:
        strip = self.strips.get(figure.number)
        if strip is None:
            return y
        named = 20 if figure.type or figure.kind == "main" else 12
        self.lanes[figure.number] = y + strip.above
        self.depths[figure.number] = around.depth + 1 if around else 0
        return y + strip.above + max(strip.below, named) + 8

    def _box(self, scope: Scope, y: float, around: Box | None) -> float:
        inner = self.axis.within(*walls(self.scene, scope.parent, self.axis))
        x0 = inner.since(scope.opened)
        x1 = max(x0, inner.until(scope.closed))
        cancelled = around.cancelled if around else None
        for cancel in scope.cancels[:1]:
            at = self.axis.since(cancel)
            cancelled = at if cancelled is None else min(at, cancelled)
        head = _head(scope, x0, x1, self.axis)
        depth = around.depth + 1 if around else 0
        box = Box(scope, depth, x0, x1, y, cancelled, head)
        self.boxes.append(box)
        lines = 1 + max((line for _, line, _, _ in head), default=-1)
        y = self.place(scope.number, y + PAD + HEAD * lines, box)
        box.y1 = y
        return y + PAD + 2

    def _empty(self, scope: Scope) -> bool:
        """Whether nothing of it can be seen."""
        if not self.axis.shows(scope.opened, scope.closed):
            return True
        if scope.cancels or scope.kind == "supervisor":
            return False
        return not any(
            item.number in self.strips
            if isinstance(item, Figure)
            else not self._empty(item)
            for item in self.held[scope.number]
        )


def walls(scene: Scene, number: int | None, axis: Axis) -> tuple[float, float]:
    """The sides within a box for all that it holds; a box that is cut off has none."""
    chain: list[Scope] = []
    while number is not None:
        chain.append(scene.scopes[number])
        number = chain[-1].parent
    for scope in reversed(chain):
        if scope.kind != "run":
            x0 = axis.since(scope.opened)
            x1 = max(x0, axis.until(scope.closed))
            axis = axis.within(
                x0 + SIDE * (x0 > axis.walls[0]), x1 - SIDE * (x1 < axis.walls[1])
            )
    return axis.walls


def _head(
    scope: Scope, x0: float, x1: float, axis: Axis
) -> list[tuple[float, int, str, str]]:
    """What a box says of itself: x, line, text and looks."""
    room = x1 - x0 - 14
    name = cut(scope.name, room, 12, bold=True)
    made = [(x0 + 7, 0, name, "n")] if name else []
    used = x0 + 7 + width(name, 12, bold=True) + 8
    more: str = scope.kind if scope.kind == "supervisor" else ""
    if scope.deadline is not None and isfinite(scope.deadline):
        more += f"{', ' if more else ''}deadline at {seconds(scope.deadline)}"
    if more and name and width(more) <= x1 - 7 - used:
        made.append((used, 0, more, "m"))
        used += width(more) + 8
    for cancel in scope.cancels[:1]:
        if not axis.shows(cancel, cancel):
            continue
        says = next(
            (says for says in _cancelled(scope, cancel) if width(says) <= room),
            cut(why(cancel) or "cancelled", room),
        )
        x = max(x0 + 7, min(axis.since(cancel) + 5, x1 - 7 - width(says)))
        if says:
            made.append((x, 0 if x >= used else 1, says, "t-bad"))
    return made


def _cancelled(scope: Scope, cancel: ev.ScopeCancelled) -> Iterator[str]:
    """What to say of a cancel, in ever fewer words."""
    reason, took = why(cancel), lasted(cancel, scope.closed)
    told = f": {reason}" if reason else ""
    if took:
        yield f"cancelled at {seconds(cancel.t)}{told} · all left {took} later"
    yield f"cancelled at {seconds(cancel.t)}{told}"
    yield f"cancelled{told}"


def draw_box(box: Box) -> str:
    """The box itself, pink from where it was cancelled."""
    looks = "box odd" if box.depth % 2 else "box"
    high = box.y1 - box.y0
    parts = [pen.rect(box.x0, box.y0, box.x1 - box.x0, high, looks, round_=7)]
    if box.cancelled is not None and box.cancelled < box.x1:
        x = max(box.cancelled, box.x0)
        pink = pen.rect(x + 0.5, box.y0 + 1, box.x1 - x - 1, high - 2, "pink", round_=6)
        parts.append(pink)
    events = (box.scope.opened, box.scope.closed)
    title = f"{box.scope.name} ({box.scope.kind})"
    return pen.group(parts, events, title)


def draw_cancel(box: Box, scene: Scene, axis: Axis) -> str:
    """The dashed line where a box was cancelled."""
    for cancel in box.scope.cancels[:1]:
        if axis.shows(cancel, cancel):
            x = min(max(axis.since(cancel), box.x0), box.x1)
            line = pen.down(x, box.y0, box.y1, "cancel")
            title = _cancel_title(box.scope, cancel, scene)
            return pen.group([line], [cancel], title)
    return ""


def _cancel_title(scope: Scope, cancel: ev.ScopeCancelled, scene: Scene) -> str:
    title = f"{scope.name} is cancelled"
    if cancel.by is not None:
        title += f" by {scene.name(cancel.by)}"
    if why(cancel):
        title += f": {why(cancel)}"
    took = lasted(cancel, scope.closed)
    return f"{title}; everybody has left {took} later" if took else title


def draw_posts(box: Box, lane: float, axis: Axis) -> str:
    """The two posts by which its owner holds a box."""
    ends = ((box.scope.opened, box.x0), (box.scope.closed, box.x1))
    return "".join(
        pen.path("post", f"M{num(x)} {num(lane)}V{num(box.y0)}")
        for event, x in ends
        if event and axis.shows(event, event)
    )
