"""Texts in rows over or under a lane, so that none lies on another."""

from typing import NamedTuple

import attrs

from . import pen
from .text import cut, width

ROW = 13


class Label(NamedTuple):
    """A text that wants to begin at a place."""

    x: float
    words: str
    looks: str = "m"
    must: bool = True
    """Whether another row is made for it; if not, it may be left out."""
    ends: bool = False
    """Whether it wants to end there instead."""


@attrs.define
class Shelf:
    """The texts of a lane, between the walls of its box."""

    left: float
    right: float
    most: int = 3
    rows: list[list[tuple[float, float]]] = attrs.field(
        factory=list[list[tuple[float, float]]]
    )
    labels: list[Label] = attrs.field(factory=list[Label])
    placed: list[tuple[int, float, Label]] = attrs.field(
        factory=list[tuple[int, float, Label]]
    )

    def put(self, label: Label) -> None:
        """Take a text; whether there is room for it turns out at the end."""
        self.labels.append(label)

    def settle(self) -> float:
        """Give the texts their rows, and return how high these are together."""
        for label in sorted(self.labels, key=lambda label: not label.must):
            self._settle(label)
        return ROW * len(self.rows)

    def _settle(self, label: Label) -> None:
        words = cut(label.words, self.right - self.left)
        wide = width(words)
        wanted = label.x - wide if label.ends else label.x
        x = max(self.left, min(wanted, self.right - wide))
        if not words or (not label.must and label.x - x > 30):
            return
        for row, taken in enumerate(self.rows):  # noqa: B007
            if all(x + wide + 6 <= a or b + 6 <= x for a, b in taken):
                break
        else:
            if not label.must or len(self.rows) >= self.most:
                return
            row = len(self.rows)
            self.rows.append([])
        self.rows[row].append((x, x + wide))
        self.placed.append((row, x, label._replace(words=words)))

    def draw(self, y: float, *, upwards: bool) -> str:
        """The texts; y is where the rows begin, which go up or down from there."""
        return "".join(
            _drawn(x, y - 4 - ROW * row if upwards else y + 10 + ROW * row, label)
            for row, x, label in self.placed
        )


def _drawn(x: float, y: float, label: Label) -> str:
    text = pen.text(x, y, label.words, f"halo {label.looks}")
    if x >= label.x:
        return text
    # A player shows it no sooner than what it tells of.
    return f'<g data-x="{pen.num(label.x)}">{text}</g>'
