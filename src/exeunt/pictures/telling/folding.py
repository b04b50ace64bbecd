"""Short where nothing new happens: one breath, rounds, and what is left out.

Beats that differ in their thing alone are told in one breath. Rounds, such as "sent,
begun, done" again and again, are told twice and then counted. What is still too long
loses its middle, but for the trouble in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import attrs

from ..words import count, seconds
from .beats import Beat

IN_FULL = 40
"""A story of so many lines is told as it is."""
_LONGEST_ROUND = 8
_TOLD = 2
"""So many rounds are told before the rest is counted."""
_WORTH_WHILE = 4  # lines
_AT_EITHER_END = 40
_TROUBLES = 40
_THINGS = 6
_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))


@attrs.frozen
class Line:
    """What is told of one time."""

    t: float | None
    text: str
    like: object = None
    trouble: bool = False


def in_breaths(beats: Iterable[Beat]) -> list[Line]:
    """Put together what differs in its thing alone."""
    lines: list[Line] = []
    for _, group in groupby(beats, _breath):
        said = [*group]
        first = said[0]
        after = first.after if len(said) == 1 else first.several
        things = listed([beat.thing for beat in said])
        text = f"{first.before}{things}{after}"
        lines.append(Line(first.t, text, first.like, first.trouble))
    return lines


def _breath(beat: Beat) -> object:
    if not beat.thing:
        return beat
    return (seconds(beat.t), beat.before, beat.after, beat.several, beat.trouble)


def listed(things: Sequence[str]) -> str:
    """Such as "a, b and c"; of many only the first ones and the last."""
    counted = [(thing, len([*group])) for thing, group in groupby(things)]
    said = [f"{it} ({n:,} times)" if n > 1 else it for it, n in counted]
    if len(said) > _THINGS:
        more = f"{count(len(said) - _THINGS + 1, 'other')} and {said[-1]}"
        return f"{', '.join(said[: _THINGS - 2])}, {more}"
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))


def without_rounds(lines: Sequence[Line]) -> list[Line]:
    """Tell what repeats itself twice, and then count it.

    First time by time, since who comes first at one time is chance; then line by line.
    """
    if len(lines) <= IN_FULL:
        return [*lines]
    times = [[*group] for _, group in groupby(lines, lambda line: line.t)]
    return _folded([[line] for line in _folded(times)])


def _folded(parts: Sequence[Sequence[Line]]) -> list[Line]:
    """Parts of which a round consists, in which the order of lines does not count."""
    likes = [frozenset(line.like for line in part) for part in parts]
    again = _repeats(likes)
    kept: list[Line] = []
    at = 0
    while at < len(parts):
        saved, length, rounds = max(
            _saved(parts, at, length, far[at]) for length, far in again.items()
        )
        if saved < _WORTH_WHILE:
            kept += parts[at]
            at += 1
            continue
        length = -length
        for part in parts[at : at + _TOLD * length]:
            kept += part
        at += length * rounds
        text = f"… and so on, {count(rounds - _TOLD, 'more time')}, until now"
        kept.append(Line(parts[at - 1][-1].t, text, (length, likes[at - 1])))
    return kept


def _saved(
    parts: Sequence[Sequence[Line]], at: int, length: int, far: int
) -> tuple[int, int, int]:
    """How many lines need not be told; of equally many the shorter round counts."""
    rounds = far // length + 1
    if rounds <= _TOLD:
        return 0, -length, rounds
    lines = sum(map(len, parts[at : at + length]))
    return lines * (rounds - _TOLD), -length, rounds


def _repeats(likes: Sequence[object]) -> dict[int, list[int]]:
    """For each length of a round and each place: how far it goes on like that."""
    again: dict[int, list[int]] = {}
    for length in range(1, _LONGEST_ROUND + 1):
        far = [0] * len(likes)
        for at in range(len(likes) - length - 1, -1, -1):
            if likes[at] == likes[at + length]:
                far[at] = far[at + 1] + 1
        again[length] = far
    return again


def shortened(lines: Sequence[Line]) -> list[Line]:
    """Leave out the middle of what is too long, but for the trouble in it."""
    inside = range(_AT_EITHER_END, len(lines) - _AT_EITHER_END)
    troubles = [at for at in inside if lines[at].trouble]
    if len(inside) <= len(troubles) <= _TROUBLES:
        return [*lines]
    if len(troubles) > _TROUBLES:
        half = _TROUBLES // 2
        troubles = troubles[:half] + troubles[-half:]
    return [*_with_gaps(lines, troubles)]


def _with_gaps(lines: Sequence[Line], troubles: Iterable[int]) -> Iterator[Line]:
    told = 0
    ends = range(max(len(lines) - _AT_EITHER_END, _AT_EITHER_END), len(lines))
    for at in [*range(min(_AT_EITHER_END, len(lines))), *troubles, *ends]:
        if at > told:
            yield Line(None, f"… {count(at - told, 'line')} left out")
        yield lines[at]
        told = at + 1


def clock(times: Sequence[float | None]) -> list[str]:
    """All times in one unit and with as many places as they need."""
    known = [t for t in times if t is not None]
    longest = max(map(abs, known), default=0.0)
    unit, size = next((one for one in _UNITS if longest >= one[1] * 0.9995), ("s", 1.0))
    places = next(
        (n for n in range(3) if all(_is_exact(t / size, n) for t in known)), 3
    )
    return ["" if t is None else f"{t / size:,.{places}f} {unit}" for t in times]


def _is_exact(value: float, places: int) -> bool:
    return abs(round(value, places) - value) < 1e-6
