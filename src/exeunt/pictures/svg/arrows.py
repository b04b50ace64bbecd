"""Arrows between lanes: messages, answers, and what comes from nowhere."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..._model import events as ev
from ..parts import Message
from ..saying import lasted
from ..scene import Scene
from ..words import times
from . import pen
from .axis import Axis
from .bars import HALF
from .pen import num

BUNCH = 4
"""Arrows from one lane to another that lie closer together become one."""


class Arrow(NamedTuple):
    """From one lane to another, at one instant."""

    x: float
    src: float | None
    dst: float
    looks: str
    event: ev.Event
    title: str


def arrows(scene: Scene, axis: Axis, lanes: Mapping[int, float]) -> Iterator[str]:
    """Draw all arrows that can be seen, from left to right."""
    found: list[Arrow] = []
    for message in scene.messages.values():
        found += _sent(message, scene, axis, lanes)
        found += _answered(message, axis, lanes)
    bunches: dict[tuple[float | None, float, str], list[Arrow]] = {}
    for arrow in sorted(found, key=lambda arrow: arrow.event.seq):
        key = (arrow.src, arrow.dst, arrow.looks)
        bunch = bunches.setdefault(key, [])
        if bunch and arrow.x - bunch[-1].x >= BUNCH:
            yield _drawn(bunch)
            bunch.clear()
        bunch.append(arrow)
    for bunch in bunches.values():
        yield _drawn(bunch)


def _sent(
    message: Message, scene: Scene, axis: Axis, lanes: Mapping[int, float]
) -> Iterator[Arrow]:
    event: ev.Event | None = message.offered
    late = message.waits is not None and message.accepted is not None
    if late:
        event = message.accepted
    dst = lanes.get(-1 if message.dst is None else message.dst)
    if event is None or dst is None or not axis.shows(event, event):
        return
    title = f"{message.text}: {scene.name(message.src)} → {scene.name(message.dst)}"
    if late:
        title += f", after {lasted(message.waits, message.accepted)} without room"
    src = lanes.get(-1 if message.src is None else message.src)
    yield Arrow(axis.until(event), src, dst, "late" if late else "", event, title)


def _answered(
    message: Message, axis: Axis, lanes: Mapping[int, float]
) -> Iterator[Arrow]:
    event = message.answered
    if not isinstance(event, ev.AskAnswered) or not axis.shows(event, event):
        return
    who = message.turns[-1].agent if message.turns else message.dst
    src, dst = (lanes.get(-1 if one is None else one) for one in (who, message.src))
    if src is None or dst is None:
        return
    title = f"answer to {message.text}"
    title += f": {event.error}" if event.error else ""
    yield Arrow(axis.until(event), src, dst, "reply", event, title)


def _drawn(bunch: list[Arrow]) -> str:
    first, last = bunch[0], bunch[-1]
    y0, y1 = _ends(first)
    looks = f"arrow {first.looks}".strip()
    parts = [pen.path(looks, f"M{num(first.x)} {num(y0)}V{num(y1)}")]
    if first.src is None:
        parts.append(pen.dot(first.x, y0, 2, "f-edge"))
    if len(bunch) > 1:
        parts.append(
            pen.text(first.x + 4, (y0 + y1) / 2 + 4, times(len(bunch)), "halo")
        )
    events = [first.event, last.event][: len(bunch)]
    title = "; ".join(arrow.title for arrow in bunch[:12])
    return pen.group(parts, events, title)


def _ends(arrow: Arrow) -> tuple[float, float]:
    """Where it begins and ends: at the sides of the bars that face each other."""
    if arrow.src is None:
        return arrow.dst - HALF - 12, arrow.dst - HALF
    if arrow.src == arrow.dst:
        return arrow.dst + HALF + 10, arrow.dst + HALF
    side = HALF if arrow.src < arrow.dst else -HALF
    return arrow.src + side, arrow.dst - side
