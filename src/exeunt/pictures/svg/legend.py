"""The legend: what occurs in this picture, and nothing else."""

import re

from . import pen
from .text import width

_RECT = '<rect class="{0}" x="0" y="-9" width="22" height="12"/>'
_ROWS = (
    (r'"bar"|"bar ', _RECT.format("bar"), "handles a message"),
    (r'"ask"', _RECT.format("ask"), "waits for somebody"),
    (r'"room"', _RECT.format("room"), "waits for room"),
    (r'"q"', pen.across(0, 22, -3, "q"), "message in the mailbox"),
    (r'"lost"', pen.across(0, 20, -3, "lost") + pen.cross(19, -3, 3), "never handled"),
    (r'"bar bad"', _RECT.format("bar bad"), "failed handling"),
    (
        r'"bar cutoff"',
        pen.path("bar cutoff", "M0 -10H19l3 3l-3 3l3 3l-3 3H0z"),
        "interrupted",
    ),
    (r'"bar back"', _RECT.format("bar back"), "postponed, comes again"),
    (r'"x"', pen.cross(6, -3), "failed"),
    (
        r'"again"',
        pen.path("again", "M2 -3a4 4 0 1 1 2.2 3.6M1.4 1.6l2.8 -1l-1 -2.8"),
        "restarted",
    ),
    (r'"clean"', _RECT.format("clean"), "cleans up"),
    (r'"cancel"', pen.down(4, -11, 3, "cancel"), "cancelled"),
    (r'"pink"', _RECT.format("pink"), "until all have left"),
    (r'"f-ink" cx', pen.dot(5, -3, 4.5, "f-ink"), "finished"),
    (r'"f-bad"', pen.rect(0, -8, 9, 9, "f-bad"), "ended by a cancel"),
    (r'"same"', pen.across(0, 22, -3, "same"), "one moment, drawn out"),
)
_WIDE = re.compile("H(19|20|22)|22")
GAP = 16


def legend(svg: str, left: float, right: float, y: float) -> tuple[float, str]:
    """Explain the marks that occur in a picture; return how high that is, too."""
    parts: list[str] = []
    x, top = left, y
    for looks, mark, words in _ROWS:
        if not re.search(looks, svg):
            continue
        indent = 28 if _WIDE.search(mark) else 16
        wide = indent + width(words)
        if x + wide > right and x > left:
            x, y = left, y + 18
        parts.append(f'<g transform="translate({pen.num(x)},{pen.num(y)})">{mark}')
        parts.append(pen.text(indent, 1, words, "m") + "</g>\n")
        x += wide + GAP
    return y - top + 18 if parts else 0, "".join(parts)
