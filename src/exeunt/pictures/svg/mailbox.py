"""What lies under a lane: its mailbox, a line for each message."""

from collections.abc import Sequence

import attrs

from ..saying import lasted, lost
from . import pen
from .axis import Axis
from .marks import Kept
from .shelf import Label, Shelf

PITCH = 5
MOST = 8
"""So many lines, and then only how many messages there were."""


@attrs.define
class Tracks:
    """Which line is taken until where."""

    ends: list[float] = attrs.field(factory=list[float])

    def take(self, x0: float, x1: float) -> int:
        """The first line that is free from one place to the other."""
        for track, end in enumerate(self.ends):
            if end + 2 <= x0:
                self.ends[track] = x1
                return track
        self.ends.append(x1)
        return len(self.ends) - 1


def mailbox(kept: Sequence[Kept], axis: Axis, shelf: Shelf) -> tuple[float, str]:
    """How high the lines are, and the lines; what they say is put on the shelf."""
    tracks = Tracks()
    drawn: list[str] = []
    lost_ones: list[tuple[float, Kept]] = []
    spans = [(axis.since(one.begun), axis.until(one.ended), one) for one in kept]
    for x0, x1, one in sorted(spans, key=lambda span: span[0]):
        if x1 - x0 < 4 and not one.lost:
            continue
        track = tracks.take(x0, x1)
        if one.lost:
            lost_ones.append((x1, one))
        if track < MOST or one.lost:
            drawn.append(_line(axis, x0, x1, PITCH * (min(track, MOST) + 0.5), one))
    height = PITCH * min(len(tracks.ends), MOST + 1)
    if len(tracks.ends) > MOST:
        more = f"up to {len(tracks.ends)} messages at a time"
        shelf.put(Label(axis.walls[0], more))
    for x, words in _told(lost_ones):
        shelf.put(Label(x, words, "t-bad"))
    return height, "".join(drawn)


def _line(axis: Axis, x0: float, x1: float, y: float, one: Kept) -> str:
    took = lasted(one.begun, one.ended)
    title = f"{one.message.text} in the mailbox"
    title += f" for {took}" if took else ""
    parts = [pen.across(x0, x1, y, "lost" if one.lost else "q")]
    if one.lost:
        title += f": {lost(one.message)}"
        parts.append(pen.cross(axis.inside(x1 - 3, 3), y, 3))
    return pen.group(parts, [one.begun, one.ended], title)


def _told(lost_ones: Sequence[tuple[float, Kept]]) -> list[tuple[float, str]]:
    """What to say of messages that were lost, together where they ended together."""
    together: dict[tuple[float, str], list[str]] = {}
    for x, one in lost_ones:
        key = (x // 24, lost(one.message))
        together.setdefault(key, []).append(one.message.text)
    said: list[tuple[float, str]] = []
    for (place, how), names in together.items():
        some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" * (len(names) > 3))
        said.append((place * 24, f"{some}: {how}"))
    return said
