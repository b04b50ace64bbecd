"""SVG elements as text: numbers in one format, every text made harmless."""

from collections.abc import Iterable

from ..._model import events as ev
from .text import safe


def num(value: float) -> str:
    """A number with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def rect(
    x: float, y: float, w: float, h: float, looks: str, *, round_: float = 0
) -> str:
    """A rectangle; of no negative width."""
    corner = f' rx="{num(round_)}"' if round_ else ""
    size = f'width="{num(max(w, 0))}" height="{num(h)}"'
    return f'<rect class="{looks}" x="{num(x)}" y="{num(y)}" {size}{corner}/>'


def path(looks: str, steps: str) -> str:
    """A line or a shape, by its steps."""
    return f'<path class="{looks}" d="{steps}"/>'


def across(x0: float, x1: float, y: float, looks: str) -> str:
    """A horizontal line."""
    return path(looks, f"M{num(x0)} {num(y)}H{num(x1)}")


def down(x: float, y0: float, y1: float, looks: str) -> str:
    """A vertical line."""
    return path(looks, f"M{num(x)} {num(y0)}V{num(y1)}")


def text(x: float, y: float, words: str, looks: str = "", *, end: bool = False) -> str:
    """Words that begin at a place, or end there."""
    anchor = ' text-anchor="end"' if end else ""
    kind = f' class="{looks}"' if looks else ""
    return f'<text{kind} x="{num(x)}" y="{num(y)}"{anchor}>{safe(words)}</text>'


def dot(x: float, y: float, radius: float, looks: str) -> str:
    """A filled circle."""
    return f'<circle class="{looks}" cx="{num(x)}" cy="{num(y)}" r="{num(radius)}"/>'


def cross(x: float, y: float, size: float = 4.5) -> str:
    """The ✕ of what has failed."""
    a, b, side = num(x - size), num(y - size), num(2 * size)
    back = num(-2 * size)
    return path("x", f"M{a} {b}l{side} {side}m{back} 0l{side} {back}")


def group(
    parts: Iterable[str],
    events: Iterable[ev.Event | None] = (),
    title: str = "",
    *,
    y: float | None = None,
) -> str:
    """Elements that belong together, the events that they show, and a tooltip."""
    numbers = " ".join(str(event.seq) for event in events if event)
    attributes = f' data-seq="{numbers}"' if numbers else ""
    if y is not None:
        attributes += f' transform="translate(0,{num(y)})"'
    tip = f"<title>{safe(title)}</title>" if title else ""
    return f"<g{attributes}>{tip}{''.join(parts)}</g>\n"
